import { ConnectionHost } from './connection-host.js';
import { present, succeed } from './error.js';
import { HostInterface } from './host-interface.js';
import { native } from './library.js';
import { takePointers } from './memory.js';
import { Network } from './network.js';
import { NodeDevice } from './node-device.js';
import { NWFilter, NWFilterBinding } from './nwfilter.js';
import { Secret } from './secret.js';
import { StoragePool } from './storage-pool.js';
import { StorageVolume } from './storage-volume.js';

/** Everything beside domains that a connection knows: networks, storage, devices, secrets, filters. */
export abstract class ConnectionObjects extends ConnectionHost {
  listAllNetworks(flags = 0): Network[] {
    return this.#list('virConnectListAllNetworks', flags).map((each) => new Network(each));
  }

  networkLookupByName(name: string): Network {
    return new Network(present(native.virNetworkLookupByName(this.pointer, name)));
  }

  networkLookupByUUIDString(uuid: string): Network {
    return new Network(present(native.virNetworkLookupByUUIDString(this.pointer, uuid)));
  }

  networkCreateXML(xml: string, flags = 0): Network {
    return new Network(
      present(
        flags === 0
          ? native.virNetworkCreateXML(this.pointer, xml)
          : native.virNetworkCreateXMLFlags(this.pointer, xml, flags),
      ),
    );
  }

  networkDefineXML(xml: string, flags = 0): Network {
    return new Network(
      present(
        flags === 0
          ? native.virNetworkDefineXML(this.pointer, xml)
          : native.virNetworkDefineXMLFlags(this.pointer, xml, flags),
      ),
    );
  }

  listAllStoragePools(flags = 0): StoragePool[] {
    return this.#list('virConnectListAllStoragePools', flags).map((each) => new StoragePool(each));
  }

  storagePoolLookupByName(name: string): StoragePool {
    return new StoragePool(present(native.virStoragePoolLookupByName(this.pointer, name)));
  }

  storagePoolLookupByUUIDString(uuid: string): StoragePool {
    return new StoragePool(present(native.virStoragePoolLookupByUUIDString(this.pointer, uuid)));
  }

  storagePoolLookupByVolume(volume: StorageVolume): StoragePool {
    return new StoragePool(present(native.virStoragePoolLookupByVolume(volume.pointer)));
  }

  /** @param flags VIR_STORAGE_POOL_CREATE_*. */
  storagePoolCreateXML(xml: string, flags = 0): StoragePool {
    return new StoragePool(present(native.virStoragePoolCreateXML(this.pointer, xml, flags)));
  }

  storagePoolDefineXML(xml: string, flags = 0): StoragePool {
    return new StoragePool(present(native.virStoragePoolDefineXML(this.pointer, xml, flags)));
  }

  findStoragePoolSources(type: string, source: string | null, flags = 0): string {
    return present(native.virConnectFindStoragePoolSources(this.pointer, type, source, flags));
  }

  getStoragePoolCapabilities(flags = 0): string {
    return present(native.virConnectGetStoragePoolCapabilities(this.pointer, flags));
  }

  storageVolLookupByKey(key: string): StorageVolume {
    return new StorageVolume(present(native.virStorageVolLookupByKey(this.pointer, key)));
  }

  storageVolLookupByPath(path: string): StorageVolume {
    return new StorageVolume(present(native.virStorageVolLookupByPath(this.pointer, path)));
  }

  listAllInterfaces(flags = 0): HostInterface[] {
    return this.#list('virConnectListAllInterfaces', flags).map((each) => new HostInterface(each));
  }

  interfaceLookupByName(name: string): HostInterface {
    return new HostInterface(present(native.virInterfaceLookupByName(this.pointer, name)));
  }

  interfaceLookupByMACString(mac: string): HostInterface {
    return new HostInterface(present(native.virInterfaceLookupByMACString(this.pointer, mac)));
  }

  interfaceDefineXML(xml: string, flags = 0): HostInterface {
    return new HostInterface(present(native.virInterfaceDefineXML(this.pointer, xml, flags)));
  }

  interfaceChangeBegin(flags = 0): void {
    succeed(native.virInterfaceChangeBegin(this.pointer, flags));
  }

  interfaceChangeCommit(flags = 0): void {
    succeed(native.virInterfaceChangeCommit(this.pointer, flags));
  }

  interfaceChangeRollback(flags = 0): void {
    succeed(native.virInterfaceChangeRollback(this.pointer, flags));
  }

  listAllNodeDevices(flags = 0): NodeDevice[] {
    return this.#list('virConnectListAllNodeDevices', flags).map((each) => new NodeDevice(each));
  }

  nodeDeviceLookupByName(name: string): NodeDevice {
    return new NodeDevice(present(native.virNodeDeviceLookupByName(this.pointer, name)));
  }

  nodeDeviceLookupSCSIHostByWWN(wwnn: string, wwpn: string, flags = 0): NodeDevice {
    return new NodeDevice(present(native.virNodeDeviceLookupSCSIHostByWWN(this.pointer, wwnn, wwpn, flags)));
  }

  nodeDeviceCreateXML(xml: string, flags = 0): NodeDevice {
    return new NodeDevice(present(native.virNodeDeviceCreateXML(this.pointer, xml, flags)));
  }

  nodeDeviceDefineXML(xml: string, flags = 0): NodeDevice {
    return new NodeDevice(present(native.virNodeDeviceDefineXML(this.pointer, xml, flags)));
  }

  numOfSecrets(): number {
    return succeed(native.virConnectNumOfSecrets(this.pointer));
  }

  listAllSecrets(flags = 0): Secret[] {
    return this.#list('virConnectListAllSecrets', flags).map((each) => new Secret(each));
  }

  secretLookupByUUIDString(uuid: string): Secret {
    return new Secret(present(native.virSecretLookupByUUIDString(this.pointer, uuid)));
  }

  secretDefineXML(xml: string, flags = 0): Secret {
    return new Secret(present(native.virSecretDefineXML(this.pointer, xml, flags)));
  }

  numOfNWFilters(): number {
    return succeed(native.virConnectNumOfNWFilters(this.pointer));
  }

  listAllNWFilters(flags = 0): NWFilter[] {
    return this.#list('virConnectListAllNWFilters', flags).map((each) => new NWFilter(each));
  }

  nwfilterLookupByName(name: string): NWFilter {
    return new NWFilter(present(native.virNWFilterLookupByName(this.pointer, name)));
  }

  nwfilterLookupByUUIDString(uuid: string): NWFilter {
    return new NWFilter(present(native.virNWFilterLookupByUUIDString(this.pointer, uuid)));
  }

  nwfilterDefineXML(xml: string, flags = 0): NWFilter {
    return new NWFilter(
      present(
        flags === 0
          ? native.virNWFilterDefineXML(this.pointer, xml)
          : native.virNWFilterDefineXMLFlags(this.pointer, xml, flags),
      ),
    );
  }

  listAllNWFilterBindings(flags = 0): NWFilterBinding[] {
    return this.#list('virConnectListAllNWFilterBindings', flags).map((each) => new NWFilterBinding(each));
  }

  nwfilterBindingLookupByPortDev(device: string): NWFilterBinding {
    return new NWFilterBinding(present(native.virNWFilterBindingLookupByPortDev(this.pointer, device)));
  }

  nwfilterBindingCreateXML(xml: string, flags = 0): NWFilterBinding {
    return new NWFilterBinding(present(native.virNWFilterBindingCreateXML(this.pointer, xml, flags)));
  }

  #list(name: ListFunction, flags: number): bigint[] {
    const list: [bigint | null] = [null];
    const count = succeed(native[name](this.pointer, list, flags));
    return takePointers(list[0], count);
  }
}

type ListFunction =
  | 'virConnectListAllNetworks'
  | 'virConnectListAllStoragePools'
  | 'virConnectListAllInterfaces'
  | 'virConnectListAllNodeDevices'
  | 'virConnectListAllSecrets'
  | 'virConnectListAllNWFilters'
  | 'virConnectListAllNWFilterBindings';
