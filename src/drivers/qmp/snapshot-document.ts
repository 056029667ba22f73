import type { ImageSnapshot } from '../../qmp/index.js';
import type { SnapshotPlan } from '../../snapshot/plan.js';
import { escapeXml } from '../../snapshot/snapshot-xml.js';

export interface DocumentFacts {
  readonly description: string | undefined;
  /** `running`, `paused` or `disk-snapshot`. */
  readonly state: string;
  readonly parent: string | undefined;
  readonly creationTime: number;
  /** libvirt domain XML at the time of the snapshot. */
  readonly domainXml: string;
}

/** libvirt's domainsnapshot document of a snapshot of ours, in full: as libvirt itself would print it. */
export function snapshotDocument(plan: SnapshotPlan, facts: DocumentFacts): string {
  const disks = [
    ...plan.external.map(({ disk, file, format, type }) => [
      `    <disk name='${escapeXml(disk.target)}' snapshot='external' type='${type}'>`,
      `      <driver type='${format}'/>`,
      `      <source ${type === 'block' ? 'dev' : 'file'}='${escapeXml(file)}'/>`,
      '    </disk>',
    ]),
    ...plan.internal.map(({ disk }) => [`    <disk name='${escapeXml(disk.target)}' snapshot='internal'/>`]),
    ...plan.left.map((disk) => [`    <disk name='${escapeXml(disk.target)}' snapshot='no'/>`]),
  ];
  const file = plan.memoryFile === undefined ? '' : ` file='${escapeXml(plan.memoryFile)}'`;
  return [
    '<domainsnapshot>',
    `  <name>${escapeXml(plan.name)}</name>`,
    ...(facts.description === undefined
      ? []
      : [`  <description>${escapeXml(facts.description)}</description>`]),
    `  <state>${facts.state}</state>`,
    ...(facts.parent === undefined
      ? []
      : ['  <parent>', `    <name>${escapeXml(facts.parent)}</name>`, '  </parent>']),
    `  <creationTime>${facts.creationTime}</creationTime>`,
    `  <memory snapshot='${plan.memory}'${file}/>`,
    '  <disks>',
    ...disks.flat(),
    '  </disks>',
    facts.domainXml.trimEnd().replace(/^/gm, '  '),
    '</domainsnapshot>',
    '',
  ].join('\n');
}

/** The document of a snapshot that only the images know of: somebody else took it. */
export function foreignDocument(snapshot: ImageSnapshot, targets: readonly string[]): string {
  const memory = snapshot['vm-state-size'] > 0;
  return [
    '<domainsnapshot>',
    `  <name>${escapeXml(snapshot.name)}</name>`,
    `  <state>${memory ? 'running' : 'disk-snapshot'}</state>`,
    `  <creationTime>${snapshot['date-sec']}</creationTime>`,
    `  <memory snapshot='${memory ? 'internal' : 'no'}'/>`,
    '  <disks>',
    ...targets.map((target) => `    <disk name='${escapeXml(target)}' snapshot='internal'/>`),
    '  </disks>',
    '</domainsnapshot>',
    '',
  ].join('\n');
}
