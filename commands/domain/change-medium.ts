import type { Element } from '@xmldom/xmldom';
import { attributeAt, CommandError, elementsAt, elementText } from '../../src/shell/index.js';

export interface MediumChange {
  readonly action: 'eject' | 'insert' | 'update';
  readonly source: string | undefined;
  /** The source is a block device. */
  readonly block: boolean;
  /** The drive as the user named it. */
  readonly name: string;
}

/** A drive's <disk> with another medium in it. @throws CommandError in virsh's words. */
export async function changeMedium(disk: Element, change: MediumChange): Promise<string> {
  const { action, name } = change;
  if (!['cdrom', 'floppy'].includes(disk.getAttribute('device') ?? '')) {
    throw new CommandError(`The disk device '${name}' is not removable`);
  }
  const [present] = elementsAt(disk, 'source');
  for (const backing of elementsAt(disk, 'backingStore')) disk.removeChild(backing);
  if (action === 'eject' && !present) throw new CommandError(`The disk device '${name}' doesn't have media`);
  const source = action === 'eject' ? undefined : change.source;
  if (action !== 'eject' && source === undefined) {
    throw new CommandError('New disk media source was not specified');
  }
  const path = attributeAt(disk, ['source'], 'file', 'dev', 'dir', 'pool', 'name');
  if (path !== undefined && action === 'insert') {
    throw new CommandError(`The disk device '${name}' already has media`);
  }
  const policy = present?.getAttribute('startupPolicy');
  if (present) disk.removeChild(present);
  const block = change.block && action !== 'eject';
  disk.setAttribute('type', block ? 'block' : 'file');
  if (source !== undefined) {
    const element = disk.ownerDocument?.createElement('source');
    if (!element) throw new CommandError('Failed to allocate new source node');
    element.setAttribute(block ? 'dev' : 'file', source);
    if (policy) element.setAttribute('startupPolicy', policy);
    const target = elementsAt(disk, 'target')[0] ?? null;
    disk.insertBefore(element, target);
    // On a line of its own, as virsh prints it.
    const space = disk.ownerDocument?.createTextNode('\n      ');
    if (target && space) disk.insertBefore(space, target);
  }
  return elementText(disk);
}
