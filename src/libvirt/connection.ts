import koffi from 'koffi';
import { ConnectionObjects } from './connection-objects.js';
import { VIR_CONNECT_RO } from './constants.js';
import { Domain } from './domain.js';
import { present, succeed } from './error.js';
import { defaultAuth, native } from './library.js';
import { readPointers, takePointers } from './memory.js';
import { Stream } from './stream.js';
import { readTypedParameters, type TypedParameter, withTypedParameters } from './typed-parameters.js';

/** One record of virConnectGetAllDomainStats. */
export interface DomainStats {
  domain: Domain;
  params: TypedParameter[];
}

/** How a connection is opened. */
export interface ConnectionOptions {
  /** undefined or empty: libvirt's own choice (LIBVIRT_DEFAULT_URI, its configuration file, probing). */
  uri?: string | undefined;
  readonly?: boolean | undefined;
  /** Let libvirt ask for credentials on the terminal. Default true. */
  auth?: boolean | undefined;
}

const virDomainStatsRecord = koffi.struct({ dom: 'void *', params: 'void *', nparams: 'int' });

/**
 * A connection. Methods are the C functions without virConnect (virNodeGetInfo is nodeGetInfo, virDomainDefineXML
 * is domainDefineXML), synchronous, throwing LibvirtError. To be used by the thread that opened it, and no other:
 * threads sharing a connection wait for each other's calls.
 */
export class Connection extends ConnectionObjects {
  /** @throws LibvirtError, LibraryMissingError */
  static open({ uri, readonly = false, auth = true }: ConnectionOptions = {}): Connection {
    const pointer: bigint | null = native.virConnectOpenAuth(
      uri || null,
      auth ? defaultAuth() : null,
      readonly ? VIR_CONNECT_RO : 0,
    );
    return new Connection(present(pointer));
  }

  isAlive(): boolean {
    return succeed(native.virConnectIsAlive(this.pointer)) === 1;
  }

  /**
   * Needs a pumped event loop.
   * @param interval seconds, 0 to stop.
   * @returns false where the far side has no keepalive.
   */
  setKeepAlive(interval: number, count: number): boolean {
    return succeed(native.virConnectSetKeepAlive(this.pointer, interval, count)) === 0;
  }

  listAllDomains(flags = 0): Domain[] {
    const list: [bigint | null] = [null];
    const count = succeed(native.virConnectListAllDomains(this.pointer, list, flags));
    return takePointers(list[0], count).map((each) => new Domain(each));
  }

  /** The names of what listAllDomains gives, with nothing to free. */
  listAllDomainNames(flags = 0): string[] {
    const list: [bigint | null] = [null];
    const count = succeed(native.virConnectListAllDomains(this.pointer, list, flags));
    const pointers = takePointers(list[0], count);
    try {
      return pointers.map((each) => present<string>(native.virDomainGetName(each)));
    } finally {
      for (const each of pointers) native.virDomainFree(each);
    }
  }

  numOfDomains(): number {
    return succeed(native.virConnectNumOfDomains(this.pointer));
  }

  numOfDefinedDomains(): number {
    return succeed(native.virConnectNumOfDefinedDomains(this.pointer));
  }

  domainLookupByID(id: number): Domain {
    return domain(native.virDomainLookupByID(this.pointer, id));
  }

  domainLookupByName(name: string): Domain {
    return domain(native.virDomainLookupByName(this.pointer, name));
  }

  domainLookupByUUIDString(uuid: string): Domain {
    return domain(native.virDomainLookupByUUIDString(this.pointer, uuid));
  }

  domainCreateXML(xml: string, flags = 0): Domain {
    return domain(native.virDomainCreateXML(this.pointer, xml, flags));
  }

  /** @param files descriptors of this process handed to the guest. */
  domainCreateXMLWithFiles(xml: string, files: readonly number[], flags = 0): Domain {
    return domain(native.virDomainCreateXMLWithFiles(this.pointer, xml, files.length, [...files], flags));
  }

  domainDefineXML(xml: string): Domain {
    return domain(native.virDomainDefineXML(this.pointer, xml));
  }

  domainDefineXMLFlags(xml: string, flags = 0): Domain {
    return domain(native.virDomainDefineXMLFlags(this.pointer, xml, flags));
  }

  domainRestore(from: string): void {
    succeed(native.virDomainRestore(this.pointer, from));
  }

  domainRestoreFlags(from: string, xml: string | null, flags = 0): void {
    succeed(native.virDomainRestoreFlags(this.pointer, from, xml, flags));
  }

  domainRestoreParams(parameters: readonly TypedParameter[], flags = 0): void {
    withTypedParameters(parameters, (params, count) =>
      succeed(native.virDomainRestoreParams(this.pointer, params, count, flags)),
    );
  }

  domainSaveImageGetXMLDesc(file: string, flags = 0): string {
    return present(native.virDomainSaveImageGetXMLDesc(this.pointer, file, flags));
  }

  domainSaveImageDefineXML(file: string, xml: string, flags = 0): void {
    succeed(native.virDomainSaveImageDefineXML(this.pointer, file, xml, flags));
  }

  domainXMLFromNative(format: string, config: string, flags = 0): string {
    return present(native.virConnectDomainXMLFromNative(this.pointer, format, config, flags));
  }

  domainXMLToNative(format: string, xml: string, flags = 0): string {
    return present(native.virConnectDomainXMLToNative(this.pointer, format, xml, flags));
  }

  /** Takes over a QEMU that libvirt has not started. */
  domainQemuAttach(pid: number, flags = 0): Domain {
    return domain(native.virDomainQemuAttach(this.pointer, pid, flags));
  }

  /** @param stats VIR_DOMAIN_STATS_*, 0 for all. */
  getAllDomainStats(stats: number, flags = 0): DomainStats[] {
    const list: [bigint | null] = [null];
    const count = succeed(native.virConnectGetAllDomainStats(this.pointer, stats, list, flags));
    return takeStats(list[0], count);
  }

  domainListGetStats(domains: readonly Domain[], stats: number, flags = 0): DomainStats[] {
    const list: [bigint | null] = [null];
    const pointers = [...domains.map((each) => each.pointer), null];
    const count = succeed(native.virDomainListGetStats(pointers, stats, list, flags));
    return takeStats(list[0], count);
  }

  /** @param flags VIR_STREAM_NONBLOCK. */
  streamNew(flags = 0): Stream {
    return Stream.create(this.pointer, flags);
  }

  /** Closes it: virConnectClose, once. */
  close(): void {
    this.free();
  }

  override describe(): Record<string, string> {
    return {};
  }

  protected override unreference(pointer: bigint): void {
    native.virConnectClose(pointer);
  }
}

function domain(pointer: bigint | null): Domain {
  return new Domain(present(pointer));
}

function takeStats(list: bigint | null, count: number): DomainStats[] {
  try {
    return readPointers(list, count).map((record) => {
      const { dom, params, nparams } = koffi.decode(record, virDomainStatsRecord);
      // The list owns its reference; ours has to outlive it.
      succeed(native.virDomainRef(dom));
      return { domain: new Domain(dom), params: readTypedParameters(params, nparams) };
    });
  } finally {
    if (list !== null) native.virDomainStatsRecordListFree(list);
  }
}
