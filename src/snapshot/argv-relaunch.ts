import { type ArgvDisk, ArgvDiskError, findArgvDisks, type NewImage, withImages } from './argv-disks.js';
import { gentle, pathsMade } from './argv-host-paths.js';
import { formatKeys, parseKeys, withKey, without } from './argv-keys.js';
import { findRefusals, type Refusal } from './argv-refusals.js';
import { type ArgvOption, formatArgv, parseArgv, showOption } from './argv-words.js';

/** A disk of the guest, at the moment that is gone back to. */
export interface RelaunchDisk {
  /** As the user knows it. */
  readonly target: string;
  /** Every name that QEMU has for it. */
  readonly names: readonly string[];
  /** The image at that moment and all below it, top first. */
  readonly chain: readonly string[];
  /** What it is to go on with; undefined leaves it as it is, which only a disk that is not written to may. */
  readonly image: NewImage | undefined;
}

export interface RelaunchWish {
  /** The command line without the program. */
  readonly words: readonly string[];
  /** The machine type in full (`pc-q35-7.2`), of the guest that wrote the memory. */
  readonly machine: string;
  readonly disks: readonly RelaunchDisk[];
  /** Whether a memory image will be loaded; otherwise the guest starts from power-on. */
  readonly incoming: boolean;
}

export interface Relaunch {
  /** The new command line without the program. The guest stands still until it is told to run. */
  readonly words: readonly string[];
  /** Paths (as given, maybe relative) that QEMU makes: sockets that it listens on, and its pid file. */
  readonly paths: readonly string[];
}

/** Options about how the first one was started, which say nothing about the guest. */
const STARTING: ReadonlySet<string> = new Set(['incoming', 'S', 'loadvm', 'daemonize']);

/**
 * Rewrites a QEMU command line so that a second QEMU goes on where the first was at some moment, beside the first.
 * @returns the new one, or everything that stands against it. Never a command line that is right in part.
 */
export function rewriteArgv(wish: RelaunchWish): Relaunch | { readonly refusals: readonly Refusal[] } {
  let options: ArgvOption[];
  try {
    options = parseArgv(wish.words);
  } catch (error) {
    return { refusals: [{ part: wish.words.at(-1) ?? '', reason: (error as Error).message }] };
  }
  try {
    const refusals = findRefusals(options);
    const { images, unmatched } = matchDisks(options, wish);
    // An option that can't stay as it is says so once.
    const told = new Set(refusals.map(({ part }) => part));
    refusals.push(...unmatched.filter(({ part }) => !told.has(part)));
    if (refusals.length > 0) return { refusals };
    const rewritten = withMachine(gentle(withImages(options, images)), wish.machine);
    const kept = rewritten.filter(({ name }) => !STARTING.has(name));
    const words = [...formatArgv(kept), '-S', ...(wish.incoming ? ['-incoming', 'defer'] : [])];
    return { words, paths: pathsMade(options) };
  } catch (error) {
    if (!(error instanceof ArgvDiskError) && !(error instanceof SyntaxError)) throw error;
    return { refusals: [{ part: 'the command line', reason: error.message }] };
  }
}

/** Which disk of the command line is which of the guest's. */
function matchDisks(
  options: readonly ArgvOption[],
  { disks, machine }: RelaunchWish,
): {
  readonly images: { readonly disk: ArgvDisk; readonly image: NewImage }[];
  readonly unmatched: readonly Refusal[];
} {
  const found = findArgvDisks(options, machine);
  const images: { disk: ArgvDisk; image: NewImage }[] = [];
  const unmatched: Refusal[] = [];
  const taken = new Set<ArgvDisk>();
  const byName = disks.map((disk) =>
    only(found.filter(({ names }) => names.some((name) => disk.names.includes(name)))),
  );
  for (const each of byName) if (each) taken.add(each);
  for (const [index, disk] of disks.entries()) {
    const match =
      byName[index] ??
      only(
        found.filter((each) => !taken.has(each) && each.file !== undefined && disk.chain.includes(each.file)),
      );
    if (match) taken.add(match);
    if (!disk.image) continue;
    if (match) images.push({ disk: match, image: disk.image });
    else unmatched.push({ part: `disk '${disk.target}'`, reason: 'it is not on the command line' });
  }
  const replaced = new Set(images.map(({ disk }) => disk));
  for (const disk of found) {
    const option = options[disk.index] as ArgvOption;
    if (replaced.has(disk) || disk.readonly || disk.empty) continue;
    unmatched.push({
      part: showOption(option),
      reason: 'a disk that can be written to has no part in the snapshot',
    });
  }
  if (replaced.size < images.length)
    unmatched.push({ part: 'the disks', reason: 'two of them seem to be the same one of the command line' });
  // What is where it is to be stays as it is.
  return { images: images.filter(({ disk, image }) => disk.file !== image.file), unmatched };
}

/** The one that there is; undefined if there are none or several. */
const only = <T>(all: readonly T[]): T | undefined => (all.length === 1 ? all[0] : undefined);

/** Puts the full machine type in the place of an alias, which may mean another machine in another QEMU. */
function withMachine(options: readonly ArgvOption[], machine: string): ArgvOption[] {
  const at = options.findLastIndex(
    ({ name, value = '' }) =>
      (name === 'machine' || name === 'M') && parseKeys(value, 'type').some(([key]) => key === 'type'),
  );
  if (at < 0) return [{ name: 'machine', value: machine }, ...options];
  return options.map((option, index) => {
    if (index !== at) return option;
    const keys = withKey(parseKeys(option.value ?? '', 'type'), 'type', machine);
    const rest = formatKeys(without(keys, (key) => key === 'type'));
    return { name: 'machine', value: rest === '' ? machine : `${machine},${rest}` };
  });
}

/** A command line for people to copy into a shell. */
export function shellWords(words: readonly string[]): string {
  return words
    .map((word) => (/^[A-Za-z0-9_/.,:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
