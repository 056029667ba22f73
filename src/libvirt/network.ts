import koffi from 'koffi';
import { present, succeed } from './error.js';
import { Handle } from './handle.js';
import { native } from './library.js';
import { takePointers, wide } from './memory.js';
import { uuidText } from './uuid-text.js';

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

const virNetworkDHCPLease = koffi.struct({
  iface: 'const char *',
  expirytime: 'long long',
  type: 'int',
  mac: 'const char *',
  iaid: 'const char *',
  ipaddr: 'const char *',
  prefix: 'unsigned int',
  hostname: 'const char *',
  clientid: 'const char *',
});

/** A port of a virtual network: what a guest's network card is plugged into. */
export class NetworkPort extends Handle {
  readonly uuid: string;

  constructor(pointer: bigint) {
    super(pointer);
    this.uuid = uuidText((buffer) => native.virNetworkPortGetUUIDString(pointer, buffer));
  }

  getXMLDesc(flags = 0): string {
    return present(native.virNetworkPortGetXMLDesc(this.pointer, flags));
  }

  delete(flags = 0): void {
    succeed(native.virNetworkPortDelete(this.pointer, flags));
  }

  override describe() {
    return { uuid: this.uuid };
  }

  protected override unreference(pointer: bigint): void {
    native.virNetworkPortFree(pointer);
  }
}

/** A virtual network. */
export class Network extends Handle {
  readonly name: string;
  readonly uuid: string;

  constructor(pointer: bigint) {
    super(pointer);
    this.name = present<string>(native.virNetworkGetName(pointer));
    this.uuid = uuidText((buffer) => native.virNetworkGetUUIDString(pointer, buffer));
  }

  getXMLDesc(flags = 0): string {
    return present(native.virNetworkGetXMLDesc(this.pointer, flags));
  }

  isActive(): boolean {
    return succeed(native.virNetworkIsActive(this.pointer)) === 1;
  }

  isPersistent(): boolean {
    return succeed(native.virNetworkIsPersistent(this.pointer)) === 1;
  }

  getAutostart(): boolean {
    const autostart = [0];
    succeed(native.virNetworkGetAutostart(this.pointer, autostart));
    return autostart[0] !== 0;
  }

  setAutostart(autostart: boolean): void {
    succeed(native.virNetworkSetAutostart(this.pointer, autostart ? 1 : 0));
  }

  /** @throws LibvirtError it has no bridge. */
  getBridgeName(): string {
    return present(native.virNetworkGetBridgeName(this.pointer));
  }

  create(): void {
    succeed(native.virNetworkCreate(this.pointer));
  }

  destroy(): void {
    succeed(native.virNetworkDestroy(this.pointer));
  }

  undefine(): void {
    succeed(native.virNetworkUndefine(this.pointer));
  }

  /** @param command VIR_NETWORK_UPDATE_COMMAND_*. @param section VIR_NETWORK_SECTION_*. */
  update(command: number, section: number, parentIndex: number, xml: string, flags = 0): void {
    succeed(native.virNetworkUpdate(this.pointer, command, section, parentIndex, xml, flags));
  }

  /** @param mac only those of this address; null for all. */
  getDHCPLeases(mac: string | null, flags = 0): DHCPLease[] {
    const list: [bigint | null] = [null];
    const count = succeed(native.virNetworkGetDHCPLeases(this.pointer, mac, list, flags));
    const pointers = takePointers(list[0], count);
    try {
      return pointers.map((pointer) => {
        const lease = koffi.decode(pointer, virNetworkDHCPLease);
        return { ...lease, expirytime: wide(lease.expirytime) };
      });
    } finally {
      for (const pointer of pointers) native.virNetworkDHCPLeaseFree(pointer);
    }
  }

  listAllPorts(flags = 0): NetworkPort[] {
    const list: [bigint | null] = [null];
    const count = succeed(native.virNetworkListAllPorts(this.pointer, list, flags));
    return takePointers(list[0], count).map((each) => new NetworkPort(each));
  }

  portLookupByUUIDString(uuid: string): NetworkPort {
    return new NetworkPort(present(native.virNetworkPortLookupByUUIDString(this.pointer, uuid)));
  }

  portCreateXML(xml: string, flags = 0): NetworkPort {
    return new NetworkPort(present(native.virNetworkPortCreateXML(this.pointer, xml, flags)));
  }

  override describe() {
    return { name: this.name, uuid: this.uuid };
  }

  protected override unreference(pointer: bigint): void {
    native.virNetworkFree(pointer);
  }
}
