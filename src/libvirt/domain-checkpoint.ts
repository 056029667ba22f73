import { present, succeed } from './error.js';
import { Handle } from './handle.js';
import { native } from './library.js';
import { takePointers } from './memory.js';

/** A checkpoint: a named point since which a disk's changes are tracked. */
export class DomainCheckpoint extends Handle {
  readonly name: string;

  constructor(
    pointer: bigint,
    readonly domainName: string,
  ) {
    super(pointer);
    this.name = present<string>(native.virDomainCheckpointGetName(pointer));
  }

  getXMLDesc(flags = 0): string {
    return present(native.virDomainCheckpointGetXMLDesc(this.pointer, flags));
  }

  /** @throws LibvirtError VIR_ERR_NO_DOMAIN_CHECKPOINT for a root. */
  getParent(flags = 0): DomainCheckpoint {
    const parent = present<bigint>(native.virDomainCheckpointGetParent(this.pointer, flags));
    return new DomainCheckpoint(parent, this.domainName);
  }

  listAllChildren(flags = 0): DomainCheckpoint[] {
    const list: [bigint | null] = [null];
    const count = succeed(native.virDomainCheckpointListAllChildren(this.pointer, list, flags));
    return takePointers(list[0], count).map((each) => new DomainCheckpoint(each, this.domainName));
  }

  delete(flags = 0): void {
    succeed(native.virDomainCheckpointDelete(this.pointer, flags));
  }

  override describe() {
    return { name: this.name, domainName: this.domainName };
  }

  protected override unreference(pointer: bigint): void {
    native.virDomainCheckpointFree(pointer);
  }
}
