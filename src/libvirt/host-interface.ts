import { present, succeed } from './error.js';
import { Handle } from './handle.js';
import { native } from './library.js';

/** A network interface of the host (virInterface). */
export class HostInterface extends Handle {
  readonly name: string;
  readonly mac: string;

  constructor(pointer: bigint) {
    super(pointer);
    this.name = present<string>(native.virInterfaceGetName(pointer));
    this.mac = native.virInterfaceGetMACString(pointer) ?? '';
  }

  getXMLDesc(flags = 0): string {
    return present(native.virInterfaceGetXMLDesc(this.pointer, flags));
  }

  isActive(): boolean {
    return succeed(native.virInterfaceIsActive(this.pointer)) === 1;
  }

  create(flags = 0): void {
    succeed(native.virInterfaceCreate(this.pointer, flags));
  }

  destroy(flags = 0): void {
    succeed(native.virInterfaceDestroy(this.pointer, flags));
  }

  undefine(): void {
    succeed(native.virInterfaceUndefine(this.pointer));
  }

  override describe() {
    return { name: this.name, mac: this.mac };
  }

  protected override unreference(pointer: bigint): void {
    native.virInterfaceFree(pointer);
  }
}
