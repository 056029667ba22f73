import type { Domain } from './domain.js';
import type { TypedParameter } from './typed-parameter.js';

/** One record of virConnectGetAllDomainStats. */
export interface DomainStats {
  domain: Domain;
  params: TypedParameter[];
}

/** Finding, making and restoring domains on a connection. */
export interface Domains {
  listAllDomains(flags?: number): Promise<Domain[]>;
  /** Their names alone, which of a thousand domains takes half the time. */
  listAllDomainNames(flags?: number): Promise<string[]>;
  numOfDomains(): Promise<number>;
  numOfDefinedDomains(): Promise<number>;
  domainLookupByID(id: number): Promise<Domain>;
  domainLookupByName(name: string): Promise<Domain>;
  domainLookupByUUIDString(uuid: string): Promise<Domain>;
  domainCreateXML(xml: string, flags?: number): Promise<Domain>;
  /** @param files descriptors of this process handed to the guest's init or firmware. */
  domainCreateXMLWithFiles(xml: string, files: readonly number[], flags?: number): Promise<Domain>;
  domainDefineXML(xml: string): Promise<Domain>;
  domainDefineXMLFlags(xml: string, flags?: number): Promise<Domain>;
  domainRestore(from: string): Promise<void>;
  domainRestoreFlags(from: string, xml: string | null, flags?: number): Promise<void>;
  domainRestoreParams(parameters: readonly TypedParameter[], flags?: number): Promise<void>;
  domainSaveImageGetXMLDesc(file: string, flags?: number): Promise<string>;
  domainSaveImageDefineXML(file: string, xml: string, flags?: number): Promise<void>;
  domainXMLFromNative(format: string, config: string, flags?: number): Promise<string>;
  domainXMLToNative(format: string, xml: string, flags?: number): Promise<string>;
  /** Takes over a QEMU that the hypervisor has not started. */
  domainQemuAttach(pid: number, flags?: number): Promise<Domain>;
  getAllDomainStats(stats: number, flags?: number): Promise<DomainStats[]>;
  domainListGetStats(domains: readonly Domain[], stats: number, flags?: number): Promise<DomainStats[]>;
}
