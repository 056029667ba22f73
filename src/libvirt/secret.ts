import { present, succeed } from './error.js';
import { Handle } from './handle.js';
import { native } from './library.js';
import { free, readBytes } from './memory.js';
import { uuidText } from './uuid-text.js';

/** A secret that libvirt keeps, such as the key of an encrypted volume. */
export class Secret extends Handle {
  readonly uuid: string;

  constructor(pointer: bigint) {
    super(pointer);
    this.uuid = uuidText((buffer) => native.virSecretGetUUIDString(pointer, buffer));
  }

  /** VIR_SECRET_USAGE_TYPE_*. */
  getUsageType(): number {
    return succeed(native.virSecretGetUsageType(this.pointer));
  }

  getUsageID(): string {
    return present(native.virSecretGetUsageID(this.pointer));
  }

  getXMLDesc(flags = 0): string {
    return present(native.virSecretGetXMLDesc(this.pointer, flags));
  }

  getValue(flags = 0): Uint8Array {
    const size = [0];
    const value = present<bigint>(native.virSecretGetValue(this.pointer, size, flags));
    try {
      return readBytes(value, Number(size[0] ?? 0));
    } finally {
      free(value);
    }
  }

  setValue(value: Uint8Array, flags = 0): void {
    succeed(native.virSecretSetValue(this.pointer, value, value.length, flags));
  }

  undefine(): void {
    succeed(native.virSecretUndefine(this.pointer));
  }

  override describe() {
    return { uuid: this.uuid };
  }

  protected override unreference(pointer: bigint): void {
    native.virSecretFree(pointer);
  }
}
