/** A device of the host. */
export interface NodeDevice {
  readonly name: string;
  /** Name of the device that it hangs on; null for the root. */
  getParent(): Promise<string | null>;
  getXMLDesc(flags?: number): Promise<string>;
  isActive(): Promise<boolean>;
  isPersistent(): Promise<boolean>;
  getAutostart(): Promise<boolean>;
  setAutostart(autostart: boolean): Promise<void>;
  create(flags?: number): Promise<void>;
  destroy(): Promise<void>;
  undefine(flags?: number): Promise<void>;
  /** @param driver null for the usual one. */
  detach(driver: string | null, flags?: number): Promise<void>;
  reAttach(): Promise<void>;
  reset(): Promise<void>;
  free(): Promise<void>;
}

/** A secret that the hypervisor keeps, such as the key of an encrypted volume. */
export interface Secret {
  readonly uuid: string;
  /** VIR_SECRET_USAGE_TYPE_*. */
  getUsageType(): Promise<number>;
  getUsageID(): Promise<string>;
  getXMLDesc(flags?: number): Promise<string>;
  getValue(flags?: number): Promise<Uint8Array>;
  setValue(value: Uint8Array, flags?: number): Promise<void>;
  undefine(): Promise<void>;
  free(): Promise<void>;
}

/** Devices of the host, and secrets. */
export interface HostObjects {
  listAllNodeDevices(flags?: number): Promise<NodeDevice[]>;
  nodeDeviceLookupByName(name: string): Promise<NodeDevice>;
  nodeDeviceLookupSCSIHostByWWN(wwnn: string, wwpn: string, flags?: number): Promise<NodeDevice>;
  nodeDeviceCreateXML(xml: string, flags?: number): Promise<NodeDevice>;
  nodeDeviceDefineXML(xml: string, flags?: number): Promise<NodeDevice>;
  numOfSecrets(): Promise<number>;
  listAllSecrets(flags?: number): Promise<Secret[]>;
  secretLookupByUUIDString(uuid: string): Promise<Secret>;
  secretDefineXML(xml: string, flags?: number): Promise<Secret>;
}
