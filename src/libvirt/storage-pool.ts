import { present, succeed } from './error.js';
import { Handle } from './handle.js';
import { native } from './library.js';
import { StorageVolume } from './storage-volume.js';

/** A storage pool: a folder of images, a volume group and so on. */
export class StoragePool extends Handle {
  readonly name: string;

  constructor(pointer: bigint) {
    super(pointer);
    this.name = present<string>(native.virStoragePoolGetName(pointer));
  }

  storageVolLookupByName(name: string): StorageVolume {
    return new StorageVolume(present(native.virStorageVolLookupByName(this.pointer, name)));
  }

  /** Looks for volumes again, so that those made or removed behind libvirt's back are noticed. */
  refresh(flags = 0): void {
    succeed(native.virStoragePoolRefresh(this.pointer, flags));
  }

  override describe() {
    return { name: this.name };
  }

  protected override unreference(pointer: bigint): void {
    native.virStoragePoolFree(pointer);
  }
}
