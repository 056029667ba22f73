import koffi from 'koffi';
import { VIR_ERR_ERROR, VIR_ERR_INTERNAL_ERROR, VIR_FROM_NONE } from './constants.js';
import { native } from './library.js';

/** The fields of a virError. Numbers are virErrorNumber, virErrorDomain, virErrorLevel. */
export interface LibvirtErrorFields {
  code: number;
  domain: number;
  message: string;
  level: number;
  str1: string | null;
  str2: string | null;
  str3: string | null;
  int1: number;
  int2: number;
}

/** A libvirt call that failed. */
export class LibvirtError extends Error {
  override readonly name: string = 'LibvirtError';
  readonly code: number;
  readonly domain: number;
  readonly level: number;
  readonly str1: string | null;
  readonly str2: string | null;
  readonly str3: string | null;
  readonly int1: number;
  readonly int2: number;

  constructor(fields: LibvirtErrorFields) {
    super(fields.message);
    this.code = fields.code;
    this.domain = fields.domain;
    this.level = fields.level;
    this.str1 = fields.str1;
    this.str2 = fields.str2;
    this.str3 = fields.str3;
    this.int1 = fields.int1;
    this.int2 = fields.int2;
  }

  /** The fields as plain data, to cross a thread with. */
  get fields(): LibvirtErrorFields {
    const { code, domain, message, level, str1, str2, str3, int1, int2 } = this;
    return { code, domain, message, level, str1, str2, str3, int1, int2 };
  }
}

/** A call that failed because its connection is gone: what was asked may or may not have happened. */
export class ConnectionLostError extends LibvirtError {
  override readonly name = 'ConnectionLostError';
}

const virError = koffi.struct({
  code: 'int',
  domain: 'int',
  message: 'const char *',
  level: 'int',
  conn: 'void *',
  dom: 'void *',
  str1: 'const char *',
  str2: 'const char *',
  str3: 'const char *',
  int1: 'int',
  int2: 'int',
  net: 'void *',
});

/**
 * The error of the call that just failed. libvirt keeps it per thread, so this has to run on the thread of the
 * call, before any other call.
 */
export function lastError(): LibvirtError {
  const pointer: bigint | null = native.virGetLastError();
  const fields: LibvirtErrorFields | null = pointer === null ? null : koffi.decode(pointer, virError);
  if (!fields || fields.code === 0) {
    return new LibvirtError({
      code: VIR_ERR_INTERNAL_ERROR,
      domain: VIR_FROM_NONE,
      // What virsh says of a call that fails without saying why.
      message: 'An error occurred, but the cause is unknown',
      level: VIR_ERR_ERROR,
      str1: null,
      str2: null,
      str3: null,
      int1: 0,
      int2: 0,
    });
  }
  return new LibvirtError({ ...fields, message: fields.message ?? '' });
}

/** Passes a count or a status on; throws LibvirtError if it says the call failed. */
export function succeed(status: number): number {
  if (status < 0) throw lastError();
  return status;
}

/** Passes a returned pointer, text or handle on; throws LibvirtError if there is none. */
export function present<T>(result: T | null): T {
  if (result === null) throw lastError();
  return result;
}
