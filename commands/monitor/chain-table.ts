import { type ExaminedDomain, type ExaminedImage, ownersOf } from '../../src/care/examined-domain.js';
import { formatTable } from '../../src/shell/index.js';
import { prettyCapacity } from '../../src/shell/pretty-capacity.js';

/** An image of a disk's chain, for `--json`. */
export const chainShape = {
  object: {
    target: 'string',
    file: 'string',
    format: 'string',
    size: { oneOf: ['integer', 'null'] },
    bytes: { oneOf: ['integer', 'null'] },
    active: 'boolean',
    snapshots: { list: 'string' },
    madeBy: { oneOf: ['string', 'null'] },
    problem: { oneOf: ['string', 'null'] },
  },
} as const;

interface ChainEntry {
  readonly target: string;
  readonly file: string;
  readonly format: string;
  /** Bytes that the guest sees. */
  readonly size: number | null;
  /** Bytes on the host's disk. */
  readonly bytes: number | null;
  /** The guest writes to it. */
  readonly active: boolean;
  /** Whose state of the disk it holds. */
  readonly snapshots: readonly string[];
  readonly madeBy: string | null;
  readonly problem: string | null;
}

/** Every image of every disk of a domain, each disk's chain from the top. */
export function chainEntries(domain: ExaminedDomain): ChainEntry[] {
  return domain.disks.flatMap(({ target, images }) =>
    images.map((image, index) => entryOf(image, index === 0, target, domain)),
  );
}

function entryOf(image: ExaminedImage, active: boolean, target: string, domain: ExaminedDomain): ChainEntry {
  const { holds, madeBy } = ownersOf(image, target, domain);
  const { file, format, size, bytes, problem } = image;
  const about = { target, file, format, active, snapshots: holds, madeBy: madeBy ?? null };
  return { ...about, size: size ?? null, bytes: bytes ?? null, problem: problem?.text ?? null };
}

const sizeText = (bytes: number | null): string => {
  if (bytes === null) return '-';
  const { value, unit } = prettyCapacity(BigInt(bytes));
  return `${value} ${unit}`;
};

/** The chains as a table: a disk's name stands at its top image only. */
export function chainTable(entries: readonly ChainEntry[], quiet: boolean): Promise<string> {
  const rows = entries.map(({ target, file, format, size, bytes, active, snapshots, madeBy, problem }) => [
    active ? target : '',
    format,
    sizeText(size),
    sizeText(bytes),
    snapshots.join(', ') || '-',
    madeBy ?? '-',
    problem !== null && size === null ? `${file} (${problem})` : file,
  ]);
  const header = ['Target', 'Format', 'Capacity', 'Allocation', 'Snapshot', 'Made by', 'Source'];
  return formatTable(quiet ? null : header, rows);
}
