import { VIR_UUID_STRING_BUFLEN } from './constants.js';
import { present, succeed } from './error.js';
import { Handle } from './handle.js';
import { native } from './library.js';

/** A domain's identity, read once: local calls that ask no daemon. */
export abstract class DomainHandle extends Handle {
  readonly name: string;
  /** Canonical form with dashes, lower case. */
  readonly uuid: string;

  constructor(pointer: bigint) {
    super(pointer);
    this.name = present<string>(native.virDomainGetName(pointer));
    const text = Buffer.alloc(VIR_UUID_STRING_BUFLEN);
    succeed(native.virDomainGetUUIDString(pointer, text));
    this.uuid = text.toString('latin1', 0, VIR_UUID_STRING_BUFLEN - 1);
  }

  override describe() {
    return { name: this.name, uuid: this.uuid };
  }

  protected override unreference(pointer: bigint): void {
    native.virDomainFree(pointer);
  }
}
