import { present, succeed } from './error.js';
import { Handle } from './handle.js';
import { native } from './library.js';

/** A device of the host. */
export class NodeDevice extends Handle {
  readonly name: string;

  constructor(pointer: bigint) {
    super(pointer);
    this.name = present<string>(native.virNodeDeviceGetName(pointer));
  }

  /** Name of the device that it hangs on; null for the root. */
  getParent(): string | null {
    return native.virNodeDeviceGetParent(this.pointer);
  }

  getXMLDesc(flags = 0): string {
    return present(native.virNodeDeviceGetXMLDesc(this.pointer, flags));
  }

  isActive(): boolean {
    return succeed(native.virNodeDeviceIsActive(this.pointer)) === 1;
  }

  isPersistent(): boolean {
    return succeed(native.virNodeDeviceIsPersistent(this.pointer)) === 1;
  }

  getAutostart(): boolean {
    const autostart = [0];
    succeed(native.virNodeDeviceGetAutostart(this.pointer, autostart));
    return autostart[0] !== 0;
  }

  setAutostart(autostart: boolean): void {
    succeed(native.virNodeDeviceSetAutostart(this.pointer, autostart ? 1 : 0));
  }

  create(flags = 0): void {
    succeed(native.virNodeDeviceCreate(this.pointer, flags));
  }

  destroy(): void {
    succeed(native.virNodeDeviceDestroy(this.pointer));
  }

  undefine(flags = 0): void {
    succeed(native.virNodeDeviceUndefine(this.pointer, flags));
  }

  /** Takes it from the host's driver, so that a guest can have it. @param driver null for the usual one. */
  detach(driver: string | null, flags = 0): void {
    succeed(
      driver === null && flags === 0
        ? native.virNodeDeviceDettach(this.pointer)
        : native.virNodeDeviceDetachFlags(this.pointer, driver, flags),
    );
  }

  reAttach(): void {
    succeed(native.virNodeDeviceReAttach(this.pointer));
  }

  reset(): void {
    succeed(native.virNodeDeviceReset(this.pointer));
  }

  override describe() {
    return { name: this.name };
  }

  protected override unreference(pointer: bigint): void {
    native.virNodeDeviceFree(pointer);
  }
}
