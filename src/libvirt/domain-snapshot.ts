import { present, succeed } from './error.js';
import { Handle } from './handle.js';
import { native } from './library.js';
import { takePointers, takeText } from './memory.js';

/** A snapshot libvirt keeps metadata of. */
export class DomainSnapshot extends Handle {
  readonly name: string;

  constructor(
    pointer: bigint,
    readonly domainName: string,
  ) {
    super(pointer);
    this.name = present<string>(native.virDomainSnapshotGetName(pointer));
  }

  getXMLDesc(flags = 0): string {
    return present(native.virDomainSnapshotGetXMLDesc(this.pointer, flags));
  }

  /** @throws LibvirtError VIR_ERR_NO_DOMAIN_SNAPSHOT for a root. */
  getParent(flags = 0): DomainSnapshot {
    const parent = present<bigint>(native.virDomainSnapshotGetParent(this.pointer, flags));
    return new DomainSnapshot(parent, this.domainName);
  }

  numChildren(flags = 0): number {
    return succeed(native.virDomainSnapshotNumChildren(this.pointer, flags));
  }

  listChildrenNames(flags = 0): string[] {
    return readNames(this.numChildren(flags), (names, room) =>
      native.virDomainSnapshotListChildrenNames(this.pointer, names, room, flags),
    );
  }

  listAllChildren(flags = 0): DomainSnapshot[] {
    const list: [bigint | null] = [null];
    const count = succeed(native.virDomainSnapshotListAllChildren(this.pointer, list, flags));
    return takePointers(list[0], count).map((each) => new DomainSnapshot(each, this.domainName));
  }

  isCurrent(flags = 0): boolean {
    return succeed(native.virDomainSnapshotIsCurrent(this.pointer, flags)) === 1;
  }

  hasMetadata(flags = 0): boolean {
    return succeed(native.virDomainSnapshotHasMetadata(this.pointer, flags)) === 1;
  }

  /** virDomainRevertToSnapshot. */
  revert(flags = 0): void {
    succeed(native.virDomainRevertToSnapshot(this.pointer, flags));
  }

  delete(flags = 0): void {
    succeed(native.virDomainSnapshotDelete(this.pointer, flags));
  }

  override describe() {
    return { name: this.name, domainName: this.domainName };
  }

  protected override unreference(pointer: bigint): void {
    native.virDomainSnapshotFree(pointer);
  }
}

/** Reads from a function that fills an array of malloc'ed names with room for `room`. */
export function readNames(room: number, fill: (names: (bigint | null)[], room: number) => number): string[] {
  if (room === 0) return [];
  const names: (bigint | null)[] = new Array(room).fill(null);
  const count = succeed(fill(names, room));
  return names.slice(0, count).map((each) => takeText(each) ?? '');
}
