/** A volume of a storage pool: an image file, a logical volume and so on. */
export interface StorageVolume {
  readonly name: string;
  /** Unique over all pools of the host; for files the path. */
  readonly key: string;
  /** Overwrites what is in it. */
  wipe(flags?: number): Promise<void>;
  /** @param flags VIR_STORAGE_VOL_DELETE_*. */
  delete(flags?: number): Promise<void>;
  free(): Promise<void>;
}

/** A storage pool: a folder of images, a volume group and so on. */
export interface StoragePool {
  readonly name: string;
  storageVolLookupByName(name: string): Promise<StorageVolume>;
  /** Looks for volumes again, so that those made or removed behind the hypervisor's back are noticed. */
  refresh(flags?: number): Promise<void>;
  free(): Promise<void>;
}

/** Finding the volumes that a domain's disks are on: as much of storage as removing a domain needs. */
export interface Storage {
  storagePoolLookupByName(name: string): Promise<StoragePool>;
  storageVolLookupByPath(path: string): Promise<StorageVolume>;
}
