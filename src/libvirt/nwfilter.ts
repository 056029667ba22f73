import { present, succeed } from './error.js';
import { Handle } from './handle.js';
import { native } from './library.js';
import { uuidText } from './uuid-text.js';

/** A filter for the traffic of guests. */
export class NWFilter extends Handle {
  readonly name: string;
  readonly uuid: string;

  constructor(pointer: bigint) {
    super(pointer);
    this.name = present<string>(native.virNWFilterGetName(pointer));
    this.uuid = uuidText((buffer) => native.virNWFilterGetUUIDString(pointer, buffer));
  }

  getXMLDesc(flags = 0): string {
    return present(native.virNWFilterGetXMLDesc(this.pointer, flags));
  }

  undefine(): void {
    succeed(native.virNWFilterUndefine(this.pointer));
  }

  override describe() {
    return { name: this.name, uuid: this.uuid };
  }

  protected override unreference(pointer: bigint): void {
    native.virNWFilterFree(pointer);
  }
}

/** A filter in use on a device of the host. */
export class NWFilterBinding extends Handle {
  readonly portDev: string;
  readonly filterName: string;

  constructor(pointer: bigint) {
    super(pointer);
    this.portDev = present<string>(native.virNWFilterBindingGetPortDev(pointer));
    this.filterName = present<string>(native.virNWFilterBindingGetFilterName(pointer));
  }

  getXMLDesc(flags = 0): string {
    return present(native.virNWFilterBindingGetXMLDesc(this.pointer, flags));
  }

  delete(): void {
    succeed(native.virNWFilterBindingDelete(this.pointer));
  }

  override describe() {
    return { portDev: this.portDev, filterName: this.filterName };
  }

  protected override unreference(pointer: bigint): void {
    native.virNWFilterBindingFree(pointer);
  }
}
