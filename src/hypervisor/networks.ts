/** virNetworkDHCPLease; `expirytime` in seconds since 1970, `type` is VIR_IP_ADDR_TYPE_*. */
export interface DHCPLease {
  iface: string | null;
  expirytime: bigint;
  type: number;
  mac: string | null;
  iaid: string | null;
  ipaddr: string | null;
  prefix: number;
  hostname: string | null;
  clientid: string | null;
}

/** A port of a virtual network: what a guest's network card is plugged into. */
export interface NetworkPort {
  readonly uuid: string;
  getXMLDesc(flags?: number): Promise<string>;
  delete(flags?: number): Promise<void>;
  free(): Promise<void>;
}

/** A virtual network. */
export interface Network {
  readonly name: string;
  readonly uuid: string;
  getXMLDesc(flags?: number): Promise<string>;
  isActive(): Promise<boolean>;
  isPersistent(): Promise<boolean>;
  getAutostart(): Promise<boolean>;
  setAutostart(autostart: boolean): Promise<void>;
  getBridgeName(): Promise<string>;
  create(): Promise<void>;
  destroy(): Promise<void>;
  undefine(): Promise<void>;
  update(command: number, section: number, parentIndex: number, xml: string, flags?: number): Promise<void>;
  /** @param mac only those of this address; null for all. */
  getDHCPLeases(mac: string | null, flags?: number): Promise<DHCPLease[]>;
  listAllPorts(flags?: number): Promise<NetworkPort[]>;
  portLookupByUUIDString(uuid: string): Promise<NetworkPort>;
  portCreateXML(xml: string, flags?: number): Promise<NetworkPort>;
  free(): Promise<void>;
}

/** A network interface of the host. */
export interface HostInterface {
  readonly name: string;
  readonly mac: string;
  getXMLDesc(flags?: number): Promise<string>;
  isActive(): Promise<boolean>;
  create(flags?: number): Promise<void>;
  destroy(flags?: number): Promise<void>;
  undefine(): Promise<void>;
  free(): Promise<void>;
}

/** A filter for the traffic of guests. */
export interface NWFilter {
  readonly name: string;
  readonly uuid: string;
  getXMLDesc(flags?: number): Promise<string>;
  undefine(): Promise<void>;
  free(): Promise<void>;
}

/** A filter in use on a device of the host. */
export interface NWFilterBinding {
  readonly portDev: string;
  readonly filterName: string;
  getXMLDesc(flags?: number): Promise<string>;
  delete(): Promise<void>;
  free(): Promise<void>;
}

/** The networks, host interfaces and traffic filters of a connection. */
export interface Networks {
  listAllNetworks(flags?: number): Promise<Network[]>;
  networkLookupByName(name: string): Promise<Network>;
  networkLookupByUUIDString(uuid: string): Promise<Network>;
  networkCreateXML(xml: string, flags?: number): Promise<Network>;
  networkDefineXML(xml: string, flags?: number): Promise<Network>;
  listAllInterfaces(flags?: number): Promise<HostInterface[]>;
  interfaceLookupByName(name: string): Promise<HostInterface>;
  interfaceLookupByMACString(mac: string): Promise<HostInterface>;
  interfaceDefineXML(xml: string, flags?: number): Promise<HostInterface>;
  interfaceChangeBegin(flags?: number): Promise<void>;
  interfaceChangeCommit(flags?: number): Promise<void>;
  interfaceChangeRollback(flags?: number): Promise<void>;
  numOfNWFilters(): Promise<number>;
  listAllNWFilters(flags?: number): Promise<NWFilter[]>;
  nwfilterLookupByName(name: string): Promise<NWFilter>;
  nwfilterLookupByUUIDString(uuid: string): Promise<NWFilter>;
  nwfilterDefineXML(xml: string, flags?: number): Promise<NWFilter>;
  listAllNWFilterBindings(flags?: number): Promise<NWFilterBinding[]>;
  nwfilterBindingLookupByPortDev(device: string): Promise<NWFilterBinding>;
  nwfilterBindingCreateXML(xml: string, flags?: number): Promise<NWFilterBinding>;
}
