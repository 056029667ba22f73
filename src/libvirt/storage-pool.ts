import koffi from 'koffi';
import { present, succeed } from './error.js';
import { Handle } from './handle.js';
import { native } from './library.js';
import { takePointers, wide } from './memory.js';
import { StorageVolume } from './storage-volume.js';
import { uuidText } from './uuid-text.js';

/** virStoragePoolInfo: `state` is VIR_STORAGE_POOL_*, the others bytes. */
export interface StoragePoolInfo {
  state: number;
  capacity: bigint;
  allocation: bigint;
  available: bigint;
}

const virStoragePoolInfo = koffi.struct({
  state: 'int',
  capacity: 'unsigned long long',
  allocation: 'unsigned long long',
  available: 'unsigned long long',
});

/** A storage pool: a folder of images, a volume group and so on. */
export class StoragePool extends Handle {
  readonly name: string;
  readonly uuid: string;

  constructor(pointer: bigint) {
    super(pointer);
    this.name = present<string>(native.virStoragePoolGetName(pointer));
    this.uuid = uuidText((buffer) => native.virStoragePoolGetUUIDString(pointer, buffer));
  }

  getInfo(): StoragePoolInfo {
    const info = Buffer.alloc(koffi.sizeof(virStoragePoolInfo));
    succeed(native.virStoragePoolGetInfo(this.pointer, info));
    const { state, capacity, allocation, available } = koffi.decode(info, virStoragePoolInfo);
    return { state, capacity: wide(capacity), allocation: wide(allocation), available: wide(available) };
  }

  getXMLDesc(flags = 0): string {
    return present(native.virStoragePoolGetXMLDesc(this.pointer, flags));
  }

  isActive(): boolean {
    return succeed(native.virStoragePoolIsActive(this.pointer)) === 1;
  }

  isPersistent(): boolean {
    return succeed(native.virStoragePoolIsPersistent(this.pointer)) === 1;
  }

  getAutostart(): boolean {
    const autostart = [0];
    succeed(native.virStoragePoolGetAutostart(this.pointer, autostart));
    return autostart[0] !== 0;
  }

  setAutostart(autostart: boolean): void {
    succeed(native.virStoragePoolSetAutostart(this.pointer, autostart ? 1 : 0));
  }

  /** @param flags VIR_STORAGE_POOL_CREATE_*. */
  create(flags = 0): void {
    succeed(native.virStoragePoolCreate(this.pointer, flags));
  }

  /** @param flags VIR_STORAGE_POOL_BUILD_*. */
  build(flags = 0): void {
    succeed(native.virStoragePoolBuild(this.pointer, flags));
  }

  destroy(): void {
    succeed(native.virStoragePoolDestroy(this.pointer));
  }

  /** Removes what the pool is made of, with all that is in it. */
  delete(flags = 0): void {
    succeed(native.virStoragePoolDelete(this.pointer, flags));
  }

  undefine(): void {
    succeed(native.virStoragePoolUndefine(this.pointer));
  }

  /** Looks for volumes again, so that those made or removed behind libvirt's back are noticed. */
  refresh(flags = 0): void {
    succeed(native.virStoragePoolRefresh(this.pointer, flags));
  }

  listAllVolumes(flags = 0): StorageVolume[] {
    const list: [bigint | null] = [null];
    const count = succeed(native.virStoragePoolListAllVolumes(this.pointer, list, flags));
    return takePointers(list[0], count).map((each) => new StorageVolume(each));
  }

  storageVolLookupByName(name: string): StorageVolume {
    return new StorageVolume(present(native.virStorageVolLookupByName(this.pointer, name)));
  }

  /** @param flags VIR_STORAGE_VOL_CREATE_*. */
  storageVolCreateXML(xml: string, flags = 0): StorageVolume {
    return new StorageVolume(present(native.virStorageVolCreateXML(this.pointer, xml, flags)));
  }

  /** A volume with the contents of another one. */
  storageVolCreateXMLFrom(xml: string, source: StorageVolume, flags = 0): StorageVolume {
    return new StorageVolume(
      present(native.virStorageVolCreateXMLFrom(this.pointer, xml, source.pointer, flags)),
    );
  }

  override describe() {
    return { name: this.name, uuid: this.uuid };
  }

  protected override unreference(pointer: bigint): void {
    native.virStoragePoolFree(pointer);
  }
}
