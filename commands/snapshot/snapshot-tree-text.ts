import { localTime, prettyCapacity } from '../../src/shell/index.js';
import { childrenOf } from '../../src/snapshot/snapshot-tree.js';
import type { SnapshotFacts } from './snapshot-tree.js';

/** A snapshot's place in the drawing of a tree. */
export interface TreeLine {
  readonly facts: SnapshotFacts;
  /** The branches before its name. */
  readonly branches: string;
}

/** A forest in drawing order: children below their parent, in the order given. */
export function treeLines(all: readonly SnapshotFacts[]): TreeLine[] {
  const lines: TreeLine[] = [];
  const seen = new Set<string>();
  const draw = (facts: SnapshotFacts, lead: string, below: string): void => {
    // A document edited by hand may make a circle.
    if (seen.has(facts.name)) return;
    seen.add(facts.name);
    lines.push({ facts, branches: lead });
    const children = childrenOf(all, facts.name);
    children.forEach((child, index) => {
      const last = index === children.length - 1;
      draw(child, `${below}${last ? '└─ ' : '├─ '}`, `${below}${last ? '   ' : '│  '}`);
    });
  };
  for (const root of childrenOf(all, undefined)) draw(root, '', '');
  return lines;
}

/** `102 MiB` */
export function shortSize(bytes: number): string {
  const { value, unit } = prettyCapacity(BigInt(bytes));
  return `${Number(value) < 10 && unit !== 'B' ? Number(value).toFixed(1) : Math.round(Number(value))} ${unit}`;
}

/** What a snapshot is, in a few words: kind, memory, size. */
export function factsText({ kind, memory, bytes, description: { state } }: SnapshotFacts): string {
  const words = [kind, ...(memory ? ['memory'] : []), ...(state && state !== 'disk-snapshot' ? [state] : [])];
  return bytes === undefined ? words.join(', ') : `${words.join(', ')}, ${shortSize(bytes)}`;
}

/** Mark of the current snapshot. */
export const CURRENT = '●';
export const OTHER = '○';

/** The whole tree as text: current snapshot, kinds and sizes marked. */
export function treeText(all: readonly SnapshotFacts[]): string {
  const lines = treeLines(all).map(({ facts, branches }) => {
    const current = facts.current ? ' (current)' : '';
    return `${branches}${facts.current ? CURRENT : OTHER} ${facts.name}${current}  ${factsText(facts)}\n`;
  });
  return lines.join('');
}

/** All that is known of one snapshot, a line each. */
export function detailLines({ name, description, current, files, ...facts }: SnapshotFacts): string[] {
  const { creationTime, parent, description: text } = description;
  return [
    `Name:      ${name}${current ? ' (current)' : ''}`,
    ...(text === undefined ? [] : [`What:      ${text}`]),
    ...(creationTime === undefined ? [] : [`Made:      ${localTime(creationTime)}`]),
    `Kind:      ${factsText({ name, description, current, files, ...facts })}`,
    `Parent:    ${parent ?? '-'}`,
    ...files.map(
      ({ what, file, bytes }) =>
        `${`${what.charAt(0).toUpperCase()}${what.slice(1)}:`.padEnd(10)} ${file}${bytes === undefined ? '' : `, ${shortSize(bytes)}`}`,
    ),
  ];
}
