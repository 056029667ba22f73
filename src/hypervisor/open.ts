import type { Connection } from './connection.js';
import { VIR_ERR_INVALID_ARG } from './constants.js';
import { HypervisorError } from './errors.js';

/** How a connection is opened. */
export interface OpenOptions {
  readonly?: boolean;
  /**
   * `direct`: calls run on the calling thread and block it, nothing is left behind at exit: one-shot use.
   * `lanes`: calls run on worker threads, the calling one stays responsive: interactive use. Default `direct`.
   */
  mode?: 'direct' | 'lanes';
  /** Keepalive probes; interval in seconds, 0 for none. Ignored where the transport has none. */
  keepalive?: { interval: number; count: number };
}

/** A driver: opens one URI. */
export type OpenFunction = (uri: string | undefined, options: OpenOptions) => Promise<Connection>;

/** Loads a driver when it is first needed, so that a start doesn't pay for those it doesn't use. */
export type DriverLoader = () => Promise<{ open: OpenFunction }>;

const drivers = new Map<string, DriverLoader>();

/**
 * Makes a driver known.
 * @param scheme a URI scheme without its colon, for example `qmp`; or `default` for every other URI and for none.
 */
export function registerDriver(scheme: string, loader: DriverLoader): void {
  drivers.set(scheme, loader);
}

/** Opens a URI with the driver registered for its scheme; undefined lets the default driver choose. */
export async function open(uri: string | undefined, options: OpenOptions = {}): Promise<Connection> {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri ?? '')?.[1]?.toLowerCase();
  const loader = (scheme === undefined ? undefined : drivers.get(scheme)) ?? drivers.get('default');
  if (!loader) {
    throw new HypervisorError(`no connection driver available for ${uri || '<null>'}`, {
      code: VIR_ERR_INVALID_ARG,
    });
  }
  const driver = await loader();
  return driver.open(uri, options);
}

/**
 * The URI to open, in virsh's order: asked for with -c or connect, VIRSH_DEFAULT_CONNECT_URI,
 * LIBVIRT_DEFAULT_URI; undefined leaves it to libvirt (its configuration file, then probing). Empty counts as unset.
 */
export function defaultURI(
  asked: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  return asked || environment.VIRSH_DEFAULT_CONNECT_URI || environment.LIBVIRT_DEFAULT_URI || undefined;
}
