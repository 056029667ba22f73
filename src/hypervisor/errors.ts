import { VIR_ERR_ERROR, VIR_ERR_NO_SUPPORT, VIR_ERR_RPC, VIR_FROM_NONE } from './constants.js';

/** What an error carries, in libvirt's terms: virErrorNumber, virErrorDomain, virErrorLevel. */
export interface HypervisorErrorDetails {
  code: number;
  /** virErrorDomain: the part of libvirt (or of a driver) that failed. */
  domain?: number;
  level?: number;
  str1?: string | null;
  str2?: string | null;
  str3?: string | null;
  int1?: number;
  int2?: number;
  cause?: unknown;
}

/** A call the hypervisor refused or failed; `message` is the text virsh prints after "error: ". */
export class HypervisorError extends Error {
  override readonly name: string = 'HypervisorError';
  readonly code: number;
  readonly domain: number;
  readonly level: number;
  readonly str1: string | null;
  readonly str2: string | null;
  readonly str3: string | null;
  readonly int1: number;
  readonly int2: number;

  constructor(message: string, details: HypervisorErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.domain = details.domain ?? VIR_FROM_NONE;
    this.level = details.level ?? VIR_ERR_ERROR;
    this.str1 = details.str1 ?? null;
    this.str2 = details.str2 ?? null;
    this.str3 = details.str3 ?? null;
    this.int1 = details.int1 ?? 0;
    this.int2 = details.int2 ?? 0;
  }
}

/** The driver has no such function (VIR_ERR_NO_SUPPORT), in libvirt's words. */
export class UnsupportedError extends HypervisorError {
  override readonly name = 'UnsupportedError';

  /** @param what the C function's name, for example virDomainSave; or a finished message with `details`. */
  constructor(what: string, details?: Omit<HypervisorErrorDetails, 'code'>) {
    super(details ? what : `this function is not supported by the connection driver: ${what}`, {
      ...details,
      code: VIR_ERR_NO_SUPPORT,
    });
  }
}

/** The connection itself is gone: what was asked may or may not have happened, and is not repeated. */
export class ConnectionLost extends HypervisorError {
  override readonly name = 'ConnectionLost';

  constructor(message: string, details: Partial<HypervisorErrorDetails> = {}) {
    super(message, { ...details, code: details.code ?? VIR_ERR_RPC });
  }
}
