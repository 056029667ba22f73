import { DomainCheckpoint } from './domain-checkpoint.js';
import { DomainGuest } from './domain-guest.js';
import { DomainSnapshot, readNames } from './domain-snapshot.js';
import { present, succeed } from './error.js';
import { native } from './library.js';
import { takePointers } from './memory.js';

/**
 * A domain. Methods are the C functions without their prefix, synchronous, throwing LibvirtError. The class is the
 * end of a chain that has one link per subject, each in its own file.
 */
export class Domain extends DomainGuest {
  snapshotCreateXML(xml: string, flags = 0): DomainSnapshot {
    return this.#snapshot(native.virDomainSnapshotCreateXML(this.pointer, xml, flags));
  }

  snapshotLookupByName(name: string, flags = 0): DomainSnapshot {
    return this.#snapshot(native.virDomainSnapshotLookupByName(this.pointer, name, flags));
  }

  /** @throws LibvirtError VIR_ERR_NO_DOMAIN_SNAPSHOT if there is no current one. */
  snapshotCurrent(flags = 0): DomainSnapshot {
    return this.#snapshot(native.virDomainSnapshotCurrent(this.pointer, flags));
  }

  hasCurrentSnapshot(flags = 0): boolean {
    return succeed(native.virDomainHasCurrentSnapshot(this.pointer, flags)) === 1;
  }

  snapshotNum(flags = 0): number {
    return succeed(native.virDomainSnapshotNum(this.pointer, flags));
  }

  snapshotListNames(flags = 0): string[] {
    return readNames(this.snapshotNum(flags), (names, room) =>
      native.virDomainSnapshotListNames(this.pointer, names, room, flags),
    );
  }

  listAllSnapshots(flags = 0): DomainSnapshot[] {
    const list: [bigint | null] = [null];
    const count = succeed(native.virDomainListAllSnapshots(this.pointer, list, flags));
    return takePointers(list[0], count).map((each) => this.#snapshot(each));
  }

  checkpointCreateXML(xml: string, flags = 0): DomainCheckpoint {
    return this.#checkpoint(native.virDomainCheckpointCreateXML(this.pointer, xml, flags));
  }

  checkpointLookupByName(name: string, flags = 0): DomainCheckpoint {
    return this.#checkpoint(native.virDomainCheckpointLookupByName(this.pointer, name, flags));
  }

  listAllCheckpoints(flags = 0): DomainCheckpoint[] {
    const list: [bigint | null] = [null];
    const count = succeed(native.virDomainListAllCheckpoints(this.pointer, list, flags));
    return takePointers(list[0], count).map((each) => this.#checkpoint(each));
  }

  #snapshot(pointer: bigint | null): DomainSnapshot {
    return new DomainSnapshot(present(pointer), this.name);
  }

  #checkpoint(pointer: bigint | null): DomainCheckpoint {
    return new DomainCheckpoint(present(pointer), this.name);
  }
}
