import { displayWidth } from '../../editor/index.js';
import { fitText } from '../fit-text.js';
import { bar, shortBytes, shortTime } from '../job-text.js';
import type { JobRow, StatusRow } from './status-view.js';

/** What a piece of text is about; the pane gives each a colour. */
export type Tone = 'plain' | 'strong' | 'quiet' | 'good' | 'busy' | 'still' | 'problem' | 'cold' | 'bar';

export interface Piece {
  readonly text: string;
  readonly tone: Tone;
}

/** Text for one line, and what it says when it is read aloud. */
export interface Line {
  readonly pieces: readonly Piece[];
  readonly spoken: string;
}

/** 0.4 ms, 37 ms, 1.2 s, 12 s, 2:05, 1:02:03 */
export function duration(ms: number): string {
  if (ms < 10) return `${Math.max(0, ms).toFixed(1)} ms`;
  if (ms < 1000) return `${ms.toFixed(0)} ms`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 3600) return shortTime(seconds);
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${Math.floor(seconds / 3600)}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
}

/** A stopwatch doesn't flicker with milliseconds: 0.4 s. */
const stopwatch = (ms: number): string =>
  ms < 10_000 ? `${(Math.floor(Math.max(0, ms) / 100) / 10).toFixed(1)} s` : duration(ms);

const bytes = (count: number): string => shortBytes(BigInt(Math.max(0, Math.round(count))));

/** Everything that can be said of a job, the most important first. */
export function jobPieces(job: JobRow, barWidth: number): Piece[] {
  const pieces: Piece[] = [{ text: job.what, tone: 'busy' }];
  if (job.share !== undefined) {
    if (barWidth > 0) pieces.push({ text: bar(job.share, barWidth), tone: 'bar' });
    pieces.push({ text: `${String(Math.floor(job.share * 100)).padStart(2)} %`, tone: 'strong' });
  }
  if (job.done > 0 || job.total > 0) pieces.push({ text: bytes(job.done), tone: 'plain' });
  if (job.rate !== undefined) pieces.push({ text: `${bytes(job.rate)}/s`, tone: 'plain' });
  if (job.secondsLeft !== undefined)
    pieces.push({ text: `${shortTime(Math.max(1, job.secondsLeft))} left`, tone: 'plain' });
  return pieces;
}

const MARKS: Readonly<Record<StatusRow['attention'], Piece>> = {
  problem: { text: '!', tone: 'problem' },
  still: { text: '‖', tone: 'still' },
  busy: { text: '▶', tone: 'busy' },
  recent: { text: '•', tone: 'good' },
  rest: { text: '•', tone: 'good' },
};

const OFF: Piece = { text: '◦', tone: 'quiet' };

/** What is shown before a name. */
export const markOf = ({ attention, state }: StatusRow): Piece =>
  attention === 'rest' && !state.startsWith('running') ? OFF : MARKS[attention];

/** A thing to say of a domain, and how much it is missed when there is no room: 0 is never left out. */
interface Part {
  readonly pieces: readonly Piece[];
  readonly spare: number;
}

/**
 * A domain in one line: as much as fits, the rest left out by importance.
 * @param nameWidth columns for the name.
 */
export function rowLine(row: StatusRow, columns: number, nameWidth: number): Line {
  const parts = partsOf(row);
  const name = fitText(row.name, nameWidth, true);
  const head = [markOf(row), { text: name, tone: 'strong' } as const];
  const size = (): number => 2 + nameWidth + parts.reduce((sum, part) => sum + 2 + widthOf(part.pieces), 0);
  while (size() > columns) {
    let worst = 0;
    parts.forEach((part, index) => {
      if (part.spare >= (parts[worst]?.spare ?? 0)) worst = index;
    });
    if ((parts[worst]?.spare ?? 0) === 0) break;
    parts.splice(worst, 1);
  }
  const pieces: Piece[] = [];
  for (const piece of head) pieces.push(...(pieces.length > 0 ? [SPACE] : []), piece);
  for (const part of parts) pieces.push(GAP, ...spaced(part.pieces));
  return { pieces, spoken: spokenOf(row) };
}

const SPACE: Piece = { text: ' ', tone: 'plain' };
const GAP: Piece = { text: '  ', tone: 'plain' };

const spaced = (pieces: readonly Piece[]): Piece[] =>
  pieces.flatMap((piece, index) => (index > 0 ? [SPACE, piece] : [piece]));

const widthOf = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, { text }) => sum + displayWidth(text), Math.max(0, pieces.length - 1));

function partsOf(row: StatusRow): Part[] {
  const parts: Part[] = [];
  const add = (spare: number, ...pieces: Piece[]): void => void parts.push({ pieces, spare });
  add(0, { text: row.state, tone: toneOf(row) });
  if (row.still) add(1, { text: `${row.still.atLeast ? '>' : ''}${stopwatch(row.still.ms)}`, tone: 'still' });
  if (row.problem !== undefined) add(0, { text: row.problem, tone: 'problem' });
  for (const job of row.jobs) {
    const [what, ...rest] = jobPieces(job, 12);
    if (what) add(3, what);
    for (const piece of rest) {
      add(
        piece.tone === 'bar' ? 5 : piece.tone === 'strong' ? 2 : piece.text.endsWith('left') ? 4 : 6,
        piece,
      );
    }
  }
  if (row.frozen) add(1, { text: '❄ frozen', tone: 'cold' });
  if (row.elsewhere) add(2, { text: 'in use by another program', tone: 'quiet' });
  if (row.lastPauseMs !== undefined && !row.still)
    add(7, { text: `last pause ${duration(row.lastPauseMs)}`, tone: 'quiet' });
  if (typeof row.snapshot === 'string') add(8, { text: `⎇ ${row.snapshot}`, tone: 'quiet' });
  return parts;
}

function toneOf({ attention, state }: StatusRow): Tone {
  if (attention === 'problem') return 'problem';
  if (attention === 'still') return 'still';
  return state.startsWith('running') ? 'good' : 'quiet';
}

/** A second line for those who want it all: libvirt's name of the reason, and what had no room. */
export function detailLine(row: StatusRow): Line {
  const pieces: Piece[] = [];
  const add = (text: string): void =>
    void pieces.push(pieces.length > 0 ? GAP : INDENT, { text, tone: 'quiet' });
  if (row.reasonName !== undefined) add(row.reasonName);
  if (row.command !== undefined) add(`${row.command} runs`);
  for (const { done, total } of row.jobs) if (total > 0) add(`${bytes(done)} of ${bytes(total)}`);
  if (row.lastPauseMs !== undefined) add(`last pause ${duration(row.lastPauseMs)}`);
  if (row.snapshot === null) add('no current snapshot');
  else if (row.snapshot !== undefined) add(`current snapshot ${row.snapshot}`);
  return { pieces, spoken: '' };
}

const INDENT: Piece = { text: '    ', tone: 'plain' };

function spokenOf(row: StatusRow): string {
  const parts = [`${row.name}: ${row.state}`];
  if (row.problem !== undefined) parts.push(row.problem);
  for (const job of row.jobs) {
    parts.push(
      job.share === undefined ? job.what : `${job.what} ${Math.floor(job.share * 100)} percent done`,
    );
  }
  if (row.frozen) parts.push('filesystems frozen');
  if (typeof row.snapshot === 'string') parts.push(`current snapshot ${row.snapshot}`);
  return parts.join(', ');
}
