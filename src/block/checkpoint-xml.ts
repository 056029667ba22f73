import { escapeXml } from '../snapshot/snapshot-xml.js';
import { childElements, childText, parseRoot } from './xml-document.js';

/** One disk of a checkpoint's document. */
export interface CheckpointDisk {
  readonly name: string;
  /** `bitmap` or `no`; undefined if it isn't said. */
  readonly checkpoint: string | undefined;
  readonly bitmap: string | undefined;
}

/** A checkpoint's document. Format: https://libvirt.org/formatcheckpoint.html. */
export interface CheckpointDescription {
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly parent: string | undefined;
  readonly creationTime: bigint | undefined;
  /** Undefined where there is no list. */
  readonly disks: readonly CheckpointDisk[] | undefined;
  /** The domain's document as it is in there, without what is around it. */
  readonly domain: string | undefined;
  readonly domainUuid: string | undefined;
}

/** @throws HypervisorError in libvirt's words: it is no such document. */
export function parseCheckpointXml(xml: string): CheckpointDescription {
  const root = parseRoot(xml, 'domaincheckpoint', 'domain_checkpoint');
  const [list] = childElements(root, 'disks');
  const [domain] = childElements(root, 'domain');
  const time = childText(root, 'creationTime')?.trim();
  const [parent] = childElements(root, 'parent');
  return {
    name: childText(root, 'name'),
    description: childText(root, 'description'),
    parent: parent && childText(parent, 'name'),
    creationTime: time && /^-?\d+$/.test(time) ? BigInt(time) : undefined,
    disks:
      list &&
      childElements(list, 'disk').map((disk) => ({
        name: disk.getAttribute('name') ?? '',
        checkpoint: disk.getAttribute('checkpoint') || undefined,
        bitmap: disk.getAttribute('bitmap') || undefined,
      })),
    domain: domain && /<domain[ >][\s\S]*<\/domain>/.exec(xml)?.[0],
    domainUuid: domain && childText(domain, 'uuid'),
  };
}

export interface CheckpointFacts extends Omit<CheckpointDescription, 'disks' | 'domainUuid'> {
  readonly name: string;
  readonly creationTime: bigint;
  readonly disks: readonly (CheckpointDisk & {
    /** Bytes that an incremental backup would copy. */
    readonly size?: bigint | undefined;
  })[];
}

/** The document as libvirt prints it. */
export function formatCheckpoint(facts: CheckpointFacts): string {
  const { name, description, parent, creationTime, disks, domain } = facts;
  return [
    '<domaincheckpoint>',
    `  <name>${escapeXml(name)}</name>`,
    ...(description === undefined ? [] : [`  <description>${escapeXml(description)}</description>`]),
    ...(parent === undefined ? [] : ['  <parent>', `    <name>${escapeXml(parent)}</name>`, '  </parent>']),
    `  <creationTime>${creationTime}</creationTime>`,
    ...(disks.length === 0 ? [] : ['  <disks>', ...disks.map(diskLine), '  </disks>']),
    ...(domain === undefined ? [] : [`  ${domain}`]),
    '</domaincheckpoint>',
    '',
  ].join('\n');
}

function diskLine({ name, checkpoint, bitmap, size }: CheckpointFacts['disks'][number]): string {
  const attribute = (word: string, value: string | bigint | undefined): string =>
    value === undefined ? '' : ` ${word}='${escapeXml(String(value))}'`;
  return `    <disk name='${escapeXml(name)}'${attribute('checkpoint', checkpoint)}${attribute('bitmap', bitmap)}${attribute('size', size)}/>`;
}
