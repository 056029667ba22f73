import type { Element } from '@xmldom/xmldom';
import { attributeAt, CommandError, elementsAt, parseXml } from '../../src/shell/index.js';

const removable = (disk: Element): boolean => ['cdrom', 'floppy'].includes(disk.getAttribute('device') ?? '');

/**
 * The <disk> of a domain's XML whose target or source is `path`.
 * @param changeable look among those only whose medium can be changed.
 * @throws CommandError in virsh's words.
 */
export async function findDisk(xml: string, path: string, changeable = false): Promise<Element> {
  const disks = elementsAt(await parseXml(xml), 'devices', 'disk');
  if (disks.length === 0) throw new CommandError('Failed to get disk information');
  for (const disk of disks) {
    if (changeable && !removable(disk)) continue;
    const names = [
      attributeAt(disk, ['source'], 'file', 'dev', 'dir', 'name'),
      attributeAt(disk, ['target'], 'dev'),
    ];
    if (names.includes(path)) return disk;
  }
  throw new CommandError(`No disk found whose source path or target is ${path}`);
}
