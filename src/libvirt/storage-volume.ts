import { present, succeed } from './error.js';
import { Handle } from './handle.js';
import { native } from './library.js';

/** A volume of a storage pool: an image file, a logical volume and so on. */
export class StorageVolume extends Handle {
  readonly name: string;
  /** Unique over all pools of the host; for files the path. */
  readonly key: string;

  constructor(pointer: bigint) {
    super(pointer);
    this.name = present<string>(native.virStorageVolGetName(pointer));
    this.key = present<string>(native.virStorageVolGetKey(pointer));
  }

  /** Overwrites what is in it. */
  wipe(flags = 0): void {
    succeed(native.virStorageVolWipe(this.pointer, flags));
  }

  /** @param flags VIR_STORAGE_VOL_DELETE_*. */
  delete(flags = 0): void {
    succeed(native.virStorageVolDelete(this.pointer, flags));
  }

  override describe() {
    return { name: this.name, key: this.key };
  }

  protected override unreference(pointer: bigint): void {
    native.virStorageVolFree(pointer);
  }
}
