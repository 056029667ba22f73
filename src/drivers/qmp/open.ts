import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Connection } from '../../hypervisor/connection.js';
import {
  VIR_CONNECT_LIST_DOMAINS_ACTIVE,
  VIR_CONNECT_LIST_DOMAINS_AUTOSTART,
  VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT,
  VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT,
  VIR_CONNECT_LIST_DOMAINS_INACTIVE,
  VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE,
  VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART,
  VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT,
  VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE,
  VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT,
  VIR_CONNECT_LIST_DOMAINS_OTHER,
  VIR_CONNECT_LIST_DOMAINS_PAUSED,
  VIR_CONNECT_LIST_DOMAINS_PERSISTENT,
  VIR_CONNECT_LIST_DOMAINS_RUNNING,
  VIR_CONNECT_LIST_DOMAINS_SHUTOFF,
  VIR_CONNECT_LIST_DOMAINS_TRANSIENT,
  VIR_DOMAIN_PAUSED,
  VIR_DOMAIN_RUNNING,
  VIR_ERR_INVALID_ARG,
  VIR_ERR_NO_CONNECT,
  VIR_ERR_NO_DOMAIN,
  VIR_ERR_OPERATION_DENIED,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import type { Domain } from '../../hypervisor/domain.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { OpenOptions } from '../../hypervisor/open.js';
import { takeNotice } from '../../snapshot/notice.js';
import { settleLeftBackup } from './backups.js';
import { BareDomain } from './bare-domain.js';
import { settleLeftBlockJobs } from './block-jobs.js';
import { DataStream } from './data-stream.js';
import { domainOver } from './domain.js';
import { type KnownDomain, statsOf } from './domain-stats.js';
import { eventWatch } from './event-watch.js';
import { explainGone } from './gone-socket.js';
import { hostCpuMap } from './host-cpus.js';
import { restoreDomain } from './memory-save.js';
import { withUnsupported } from './unsupported.js';

/** How long one QEMU is waited for; of a folder's many, one that hangs must not hold up the rest. */
const ONE_TIMEOUT_MS = 5_000;
const MANY_TIMEOUT_MS = 1_500;

const failure = (code: number, message: string): HypervisorError =>
  new HypervisorError(message, { code, domain: VIR_FROM_QEMU });

/**
 * Opens `qmp:///path/of/socket`, one bare QEMU, or `qmp:///folder`, every QMP socket in it.
 * @throws HypervisorError nothing there, or not a QEMU that answers.
 */
export async function open(uri: string | undefined, options: OpenOptions = {}): Promise<Connection> {
  const path = pathOf(uri ?? '');
  const found = await stat(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') await explainGone(path);
    const reason = error.code === 'EACCES' ? 'Permission denied' : 'No such file or directory';
    throw failure(VIR_ERR_NO_CONNECT, `Failed to connect socket to '${path}': ${reason}`);
  });
  const folder = found.isDirectory();
  if (!folder && !found.isSocket())
    throw failure(VIR_ERR_NO_CONNECT, `'${path}' is neither a socket nor a folder`);
  const pool = new DomainPool(await realpath(path), folder);
  const share = pool.share();
  // A socket that was named must answer; of a folder's, those are listed that do.
  if (!folder) await share.all();
  return connection(uri ?? '', pool, share, options);
}

function pathOf(uri: string): string {
  const match = /^qmp:\/\/([^/]*)(\/[^?#]*)(.*)$/.exec(uri);
  if (!match?.[2] || match[1] !== '' || match[3] !== '') {
    throw failure(
      VIR_ERR_INVALID_ARG,
      `invalid argument: '${uri}': expected qmp:///absolute/path of a socket or folder`,
    );
  }
  try {
    return decodeURIComponent(match[2]);
  } catch {
    throw failure(VIR_ERR_INVALID_ARG, `invalid argument: '${uri}' is malformed`);
  }
}

/** One connection's share of a pool. */
export interface PoolShare {
  all(): Promise<BareDomain[]>;
  /** Lets go of every monitor that nobody uses or listens to; what is there now is found anew then. */
  release(): Promise<void>;
  close(): Promise<void>;
  /** Calls back with each domain that is met from now on. @returns what ends that. */
  onMet(listener: (domain: BareDomain) => void): () => void;
  /** Another connection to the same domains, over the same monitors. */
  share(): PoolShare;
}

/** The domains of one place, for all connections that were made from one another: a monitor serves one client. */
class DomainPool {
  readonly #path: string;
  readonly #folder: boolean;
  readonly #shares = new Set<{ used: boolean }>();
  readonly #listeners = new Set<(domain: BareDomain) => void>();
  #domains: Promise<BareDomain[]> | undefined;
  /** Domains that somebody listens to, and so stay, by their sockets. */
  #kept = new Map<string, BareDomain>();

  constructor(path: string, folder: boolean) {
    this.#path = path;
    this.#folder = folder;
  }

  /** Where sockets come and go. */
  get place(): { readonly folder: string; readonly name: string | undefined } {
    return this.#folder
      ? { folder: this.#path, name: undefined }
      : { folder: dirname(this.#path), name: basename(this.#path) };
  }

  share(): PoolShare {
    const mine = { used: false };
    this.#shares.add(mine);
    return {
      all: () => {
        mine.used = true;
        return this.#all();
      },
      release: () => {
        mine.used = false;
        return this.#settle();
      },
      close: () => {
        mine.used = false;
        this.#shares.delete(mine);
        return this.#shares.size > 0 ? this.#settle() : this.#close();
      },
      onMet: (listener) => {
        this.#listeners.add(listener);
        return () => void this.#listeners.delete(listener);
      },
      share: () => this.share(),
    };
  }

  /** Somebody is in the middle of something. */
  get used(): boolean {
    return [...this.#shares].some(({ used }) => used);
  }

  #all(): Promise<BareDomain[]> {
    if (!this.#domains) {
      const meeting = this.#folder
        ? this.#meetAll()
        : this.#meet(this.#path, ONE_TIMEOUT_MS).then((one) => [one]);
      this.#domains = meeting;
      meeting.catch(() => {
        if (this.#domains === meeting) this.#domains = undefined;
      });
    }
    return this.#domains;
  }

  async #meet(path: string, timeout: number): Promise<BareDomain> {
    const domain = await this.#meetOne(path, timeout);
    this.#announce(domain);
    return domain;
  }

  async #meetOne(path: string, timeout: number): Promise<BareDomain> {
    const kept = this.#kept.get(path);
    return kept?.watched ? kept : BareDomain.meet(path, timeout);
  }

  #announce(domain: BareDomain): void {
    if (domain.watched) return;
    for (const listener of this.#listeners) listener(domain);
  }

  async #settle(): Promise<void> {
    if (this.used) return;
    const domains = (await this.#domains?.catch(() => [])) ?? [];
    if (this.used) return;
    this.#domains = undefined;
    this.#kept = new Map(domains.filter(({ watched }) => watched).map((domain) => [domain.socket, domain]));
    await Promise.all(domains.map((domain) => domain.release()));
  }

  async #close(): Promise<void> {
    const domains = (await this.#domains?.catch(() => [])) ?? [];
    this.#domains = undefined;
    const all = new Set([...domains, ...this.#kept.values()]);
    this.#kept.clear();
    await Promise.all([...all].map((domain) => domain.close()));
  }

  async #meetAll(): Promise<BareDomain[]> {
    const paths: string[] = [];
    for (const name of (await readdir(this.#path)).sort()) {
      const path = join(this.#path, name);
      if ((await lstat(path).catch(() => undefined))?.isSocket()) paths.push(path);
    }
    const met = await Promise.allSettled(paths.map((path) => this.#meetOne(path, MANY_TIMEOUT_MS)));
    const found = met.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const domains: BareDomain[] = [];
    // Of several monitors of one guest the one that somebody listens to, else the first; the others' clients may want them.
    for (const each of found.sort((one, other) => Number(other.watched) - Number(one.watched))) {
      if (domains.some((other) => other.isSame(each))) await each.release();
      else domains.push(each);
    }
    for (const domain of domains) this.#announce(domain);
    return domains;
  }
}

function connection(uri: string, whole: DomainPool, pool: PoolShare, options: OpenOptions): Connection {
  const known = new WeakMap<BareDomain, Domain>();
  const domainOf = (bare: BareDomain): Domain => {
    const domain = known.get(bare) ?? domainOver(bare, options.readonly ?? false);
    known.set(bare, domain);
    return domain;
  };
  const knownDomains = async (): Promise<KnownDomain[]> =>
    (await pool.all()).map((bare) => ({ bare, domain: domainOf(bare) }));
  const listAllDomains = async (flags = 0): Promise<Domain[]> => {
    const domains = (await pool.all()).map(domainOf);
    const kept = await Promise.all(domains.map((domain) => fits(domain, flags)));
    return domains.filter((_, index) => kept[index]);
  };
  const find = async (test: (bare: BareDomain) => boolean, what: string): Promise<Domain> => {
    const found = (await pool.all()).filter(test);
    if (found[0] && found.length === 1) return domainOf(found[0]);
    throw failure(
      VIR_ERR_NO_DOMAIN,
      found.length === 0
        ? `Domain not found: no domain with matching ${what}`
        : `more than one domain has ${what}`,
    );
  };
  const restore = async (from: string, xml: string | null, flags: number): Promise<void> => {
    if (options.readonly) {
      throw failure(
        VIR_ERR_OPERATION_DENIED,
        'operation forbidden: read only access prevents virDomainRestore',
      );
    }
    await restoreDomain(from, xml, flags);
  };
  const mending = new Set<string>();
  const self: Partial<Connection> = {
    uri,
    readonly: options.readonly ?? false,
    ownEngine: true,
    async notices() {
      const told = await Promise.all(
        (await pool.all()).map(async (bare) => {
          if (!options.readonly) {
            await settleLeftBlockJobs(bare);
            await settleLeftBackup(bare);
          }
          const operation = await bare.operation();
          if (operation?.hands === 'guardian') mending.add(bare.folder);
          return takeNotice(bare.folder);
        }),
      );
      return told.filter((notice) => notice !== undefined);
    },
    async lateNotices() {
      const told = await Promise.all([...mending].map(takeNotice));
      mending.clear();
      return told.filter((notice) => notice !== undefined);
    },
    isAlive: async () => true,
    isSecure: async () => true,
    isEncrypted: async () => false,
    getType: async () => 'QEMU',
    getURI: async () => uri,
    getHostname: async () => hostname(),
    async getVersion() {
      const [first] = await pool.all();
      if (!first) return 0;
      const { major, minor, micro } = (await first.guest()).version;
      return major * 1_000_000 + minor * 1_000 + micro;
    },
    listAllDomains,
    listAllDomainNames: async (flags) => (await listAllDomains(flags)).map(({ name }) => name),
    numOfDomains: async () => (await pool.all()).length,
    numOfDefinedDomains: async () => 0,
    domainLookupByID: (id) => find((bare) => bare.identity.id === id, `id ${id}`),
    domainLookupByName: (name) => find((bare) => bare.identity.name === name, `name '${name}'`),
    domainLookupByUUIDString: (uuid) =>
      find((bare) => bare.identity.uuid === uuid.toLowerCase(), `uuid '${uuid}'`),
    async getAllDomainStats(stats, flags = 0) {
      const all = await knownDomains();
      // What it lets through has the bits that lists have.
      const kept = await Promise.all(all.map(({ domain }) => fits(domain, flags)));
      return statsOf(
        all.filter((_, index) => kept[index]),
        stats,
        flags,
      );
    },
    async domainListGetStats(domains, stats, flags = 0) {
      const all = await knownDomains();
      const asked = domains.flatMap((domain) => all.filter((each) => each.domain === domain));
      return statsOf(asked, stats, flags);
    },
    domainRestore: (from) => restore(from, null, 0),
    domainRestoreFlags: (from, xml, flags = 0) => restore(from, xml, flags),
    streamNew: async () => new DataStream(),
    async domainOpenConsole(domain, device, flags = 0) {
      if (options.readonly) {
        throw failure(
          VIR_ERR_OPERATION_DENIED,
          'operation forbidden: read only access prevents virDomainOpenConsole',
        );
      }
      const bare = (await pool.all()).find((each) => domainOf(each) === domain);
      if (!bare) throw new TypeError('the domain is of another connection');
      const { openConsole } = await import('./console.js');
      return openConsole(bare, device, flags);
    },
    nodeGetCPUMap: hostCpuMap,
    secondary: async () => connection(uri, whole, pool.share(), options),
    release: () => pool.release(),
    close: () => pool.close(),
    ...eventWatch(pool, whole.place, () => whole.used),
  };
  return withUnsupported<Connection>(self, 'Connect');
}

/** libvirt's list filters, as far as they can tell bare QEMUs apart: all of them run and none is kept. */
async function fits(domain: Domain, flags: number): Promise<boolean> {
  const has = (bit: number): boolean => (flags & bit) !== 0;
  if (has(VIR_CONNECT_LIST_DOMAINS_INACTIVE) && !has(VIR_CONNECT_LIST_DOMAINS_ACTIVE)) return false;
  if (has(VIR_CONNECT_LIST_DOMAINS_PERSISTENT) && !has(VIR_CONNECT_LIST_DOMAINS_TRANSIENT)) return false;
  // Pairs of which bare QEMUs are always the second: nobody starts them or saves them.
  const never = [
    [VIR_CONNECT_LIST_DOMAINS_AUTOSTART, VIR_CONNECT_LIST_DOMAINS_NO_AUTOSTART],
    [VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE, VIR_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE],
  ] as const;
  if (never.some(([asked, other]) => has(asked) && !has(other))) return false;
  const states =
    VIR_CONNECT_LIST_DOMAINS_RUNNING |
    VIR_CONNECT_LIST_DOMAINS_PAUSED |
    VIR_CONNECT_LIST_DOMAINS_SHUTOFF |
    VIR_CONNECT_LIST_DOMAINS_OTHER;
  if (has(states)) {
    const { state } = await domain.getState();
    const bit =
      state === VIR_DOMAIN_RUNNING
        ? VIR_CONNECT_LIST_DOMAINS_RUNNING
        : state === VIR_DOMAIN_PAUSED
          ? VIR_CONNECT_LIST_DOMAINS_PAUSED
          : VIR_CONNECT_LIST_DOMAINS_OTHER;
    if (!has(bit)) return false;
  }
  /** What only some have: of the two flags, one alone asks. */
  const kept = async (some: number, none: number, count: () => Promise<number>): Promise<boolean> =>
    has(some) === has(none) || (await count()) > 0 === has(some);
  const checkpointCount = async (): Promise<number> => (await domain.listAllCheckpoints()).length;
  return (
    (await kept(VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT, VIR_CONNECT_LIST_DOMAINS_NO_SNAPSHOT, () =>
      domain.snapshotNum(),
    )) &&
    (await kept(
      VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT,
      VIR_CONNECT_LIST_DOMAINS_NO_CHECKPOINT,
      checkpointCount,
    ))
  );
}
