import type { DiskSpec, MemorySpec } from './snapshot-spec.js';

/** What a new snapshot is to be, before the hypervisor fills in the rest. */
export interface SnapshotRequest {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly memory?: MemorySpec | undefined;
  /** Undefined leaves every disk to the hypervisor; so does an empty list, but it is written down. */
  readonly disks?: readonly DiskSpec[] | undefined;
}

/**
 * libvirt's domainsnapshot XML for a request.
 * Format: https://libvirt.org/formatsnapshot.html. Values that are keywords are written as given: the hypervisor
 * tells what is wrong with them.
 */
export function buildSnapshotXml({ name, description, memory, disks }: SnapshotRequest): string {
  const lines = ['<domainsnapshot>'];
  if (name !== undefined) lines.push(`  <name>${escapeXml(name)}</name>`);
  if (description !== undefined) lines.push(`  <description>${escapeXml(description)}</description>`);
  if (memory) {
    lines.push(`  <memory${attribute('snapshot', memory.snapshot)}${attribute('file', memory.file)}/>`);
  }
  if (disks) lines.push('  <disks>', ...disks.flatMap(diskLines), '  </disks>');
  lines.push('</domainsnapshot>', '');
  return lines.join('\n');
}

function diskLines({ name, snapshot, driver, type, file }: DiskSpec): string[] {
  const kind = snapshot === undefined ? '' : ` snapshot='${snapshot}'`;
  const start = `    <disk name='${escapeXml(name)}'${kind}${attribute('type', type)}`;
  if (driver === undefined && file === undefined) return [`${start}/>`];
  const lines = [`${start}>`];
  if (driver !== undefined) lines.push(`      <driver type='${driver}'/>`);
  if (file !== undefined) lines.push(`      <source${attribute(type === 'block' ? 'dev' : 'file', file)}/>`);
  return [...lines, '    </disk>'];
}

const attribute = (name: string, value: string | undefined): string =>
  value === undefined ? '' : ` ${name}='${escapeXml(value)}'`;

const entities = new Map([
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['&', '&amp;'],
  ['"', '&quot;'],
  ["'", '&apos;'],
]);

/** Control characters that XML can't hold are left out. */
export const escapeXml = (text: string): string =>
  text.replace(/[\x01-\x08\x0b\x0c\x0e-\x1f]/g, '').replace(/[<>&"']/g, (char) => entities.get(char) ?? char);

/** Whether XML as the hypervisor gives it is of a disk-only snapshot, which redefining must say in its flags, too. */
export const isDiskOnly = (xml: string): boolean => xml.includes('<state>disk-snapshot</state>');
