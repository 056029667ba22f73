import type { Stream } from './stream.js';

/** virStorageVolInfo: `type` is VIR_STORAGE_VOL_*, the others bytes. */
export interface StorageVolumeInfo {
  type: number;
  capacity: bigint;
  allocation: bigint;
}

/** virStoragePoolInfo: `state` is VIR_STORAGE_POOL_*, the others bytes. */
export interface StoragePoolInfo {
  state: number;
  capacity: bigint;
  allocation: bigint;
  available: bigint;
}

/** A volume of a storage pool: an image file, a logical volume and so on. */
export interface StorageVolume {
  readonly name: string;
  /** Unique over all pools of the host; for files the path. */
  readonly key: string;
  /** @param flags VIR_STORAGE_VOL_GET_PHYSICAL: `allocation` is then the physical size. */
  getInfo(flags?: number): Promise<StorageVolumeInfo>;
  getPath(): Promise<string>;
  getXMLDesc(flags?: number): Promise<string>;
  /** @param capacity bytes. @param flags VIR_STORAGE_VOL_RESIZE_*. */
  resize(capacity: bigint, flags?: number): Promise<void>;
  /** Overwrites what is in it. */
  wipe(flags?: number): Promise<void>;
  /** @param algorithm VIR_STORAGE_VOL_WIPE_ALG_*. */
  wipePattern(algorithm: number, flags?: number): Promise<void>;
  /**
   * Connects a stream to what is to be written, bytes from `offset` on; 0 for `length` is all that comes.
   * @param flags VIR_STORAGE_VOL_UPLOAD_*.
   */
  upload(stream: Stream, offset: bigint, length: bigint, flags?: number): Promise<void>;
  /**
   * Connects a stream to its contents, bytes from `offset` on; 0 for `length` is all there is.
   * @param flags VIR_STORAGE_VOL_DOWNLOAD_*.
   */
  download(stream: Stream, offset: bigint, length: bigint, flags?: number): Promise<void>;
  /** @param flags VIR_STORAGE_VOL_DELETE_*. */
  delete(flags?: number): Promise<void>;
  free(): Promise<void>;
}

/** A storage pool: a folder of images, a volume group and so on. */
export interface StoragePool {
  readonly name: string;
  readonly uuid: string;
  getInfo(): Promise<StoragePoolInfo>;
  getXMLDesc(flags?: number): Promise<string>;
  isActive(): Promise<boolean>;
  isPersistent(): Promise<boolean>;
  getAutostart(): Promise<boolean>;
  setAutostart(autostart: boolean): Promise<void>;
  /** @param flags VIR_STORAGE_POOL_CREATE_*. */
  create(flags?: number): Promise<void>;
  /** @param flags VIR_STORAGE_POOL_BUILD_*. */
  build(flags?: number): Promise<void>;
  destroy(): Promise<void>;
  /** Removes what the pool is made of, with all that is in it. */
  delete(flags?: number): Promise<void>;
  undefine(): Promise<void>;
  /** Looks for volumes again, so that those made or removed behind the hypervisor's back are noticed. */
  refresh(flags?: number): Promise<void>;
  listAllVolumes(flags?: number): Promise<StorageVolume[]>;
  storageVolLookupByName(name: string): Promise<StorageVolume>;
  /** @param flags VIR_STORAGE_VOL_CREATE_*. */
  storageVolCreateXML(xml: string, flags?: number): Promise<StorageVolume>;
  /** A volume with the contents of another one. */
  storageVolCreateXMLFrom(xml: string, source: StorageVolume, flags?: number): Promise<StorageVolume>;
  free(): Promise<void>;
}

/** The storage of a connection. */
export interface Storage {
  listAllStoragePools(flags?: number): Promise<StoragePool[]>;
  storagePoolLookupByName(name: string): Promise<StoragePool>;
  storagePoolLookupByUUIDString(uuid: string): Promise<StoragePool>;
  storagePoolLookupByVolume(volume: StorageVolume): Promise<StoragePool>;
  /** @param flags VIR_STORAGE_POOL_CREATE_*. */
  storagePoolCreateXML(xml: string, flags?: number): Promise<StoragePool>;
  storagePoolDefineXML(xml: string, flags?: number): Promise<StoragePool>;
  findStoragePoolSources(type: string, source: string | null, flags?: number): Promise<string>;
  getStoragePoolCapabilities(flags?: number): Promise<string>;
  storageVolLookupByKey(key: string): Promise<StorageVolume>;
  storageVolLookupByPath(path: string): Promise<StorageVolume>;
}
