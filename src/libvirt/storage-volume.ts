import koffi from 'koffi';
import { present, succeed } from './error.js';
import { Handle } from './handle.js';
import { native } from './library.js';
import { wide } from './memory.js';
import type { Stream } from './stream.js';

/** virStorageVolInfo: `type` is VIR_STORAGE_VOL_*, the others bytes. */
export interface StorageVolumeInfo {
  type: number;
  capacity: bigint;
  allocation: bigint;
}

const virStorageVolInfo = koffi.struct({
  type: 'int',
  capacity: 'unsigned long long',
  allocation: 'unsigned long long',
});

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

  /** @param flags VIR_STORAGE_VOL_GET_PHYSICAL: `allocation` is then the physical size. */
  getInfo(flags = 0): StorageVolumeInfo {
    const info = Buffer.alloc(koffi.sizeof(virStorageVolInfo));
    succeed(
      flags === 0
        ? native.virStorageVolGetInfo(this.pointer, info)
        : native.virStorageVolGetInfoFlags(this.pointer, info, flags),
    );
    const { type, capacity, allocation } = koffi.decode(info, virStorageVolInfo);
    return { type, capacity: wide(capacity), allocation: wide(allocation) };
  }

  getPath(): string {
    return present(native.virStorageVolGetPath(this.pointer));
  }

  getXMLDesc(flags = 0): string {
    return present(native.virStorageVolGetXMLDesc(this.pointer, flags));
  }

  /** @param capacity bytes. @param flags VIR_STORAGE_VOL_RESIZE_*. */
  resize(capacity: bigint, flags = 0): void {
    succeed(native.virStorageVolResize(this.pointer, capacity, flags));
  }

  /** Overwrites what is in it. */
  wipe(flags = 0): void {
    succeed(native.virStorageVolWipe(this.pointer, flags));
  }

  /** @param algorithm VIR_STORAGE_VOL_WIPE_ALG_*. */
  wipePattern(algorithm: number, flags = 0): void {
    succeed(native.virStorageVolWipePattern(this.pointer, algorithm, flags));
  }

  /** Connects a stream to what is to be written, bytes from `offset` on; 0 for `length` is all that comes. */
  upload(stream: Stream, offset: bigint, length: bigint, flags = 0): void {
    succeed(native.virStorageVolUpload(this.pointer, stream.pointer, offset, length, flags));
  }

  /** Connects a stream to its contents, bytes from `offset` on; 0 for `length` is all there is. */
  download(stream: Stream, offset: bigint, length: bigint, flags = 0): void {
    succeed(native.virStorageVolDownload(this.pointer, stream.pointer, offset, length, flags));
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
