import { resolve } from 'node:path';
import { type Deferred, deferPorts, lostOver } from './argv-deferred.js';
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
  /** The working directory; relative paths of the command line are from there. */
  readonly cwd: string;
  /** QEMU's version, as `7.2.22`. */
  readonly version: string;
  /** The first one has ended before: nothing is taken. */
  readonly alone?: boolean;
}

export interface Relaunch {
  /** The new command line without the program. The guest stands still until it is told to run. */
  readonly words: readonly string[];
  /** Paths (as given, maybe relative) that QEMU makes: sockets that it listens on, and its pid file. */
  readonly paths: readonly string[];
  /** Ports that it is to be given once the first one has ended. */
  readonly deferred: readonly Deferred[];
  /** What will not be as it was, for people. */
  readonly lost: readonly string[];
}

/** It can't be done for the user. */
export interface NoRelaunch {
  readonly refusals: readonly Refusal[];
  /** The new command line as far as it can be told, for a user who has ended the first one; without the program. */
  readonly byHand: readonly string[];
}

/** Options about how the first one was started, which say nothing about the guest. */
const STARTING: ReadonlySet<string> = new Set(['incoming', 'S', 'loadvm', 'daemonize']);

/**
 * Rewrites a QEMU command line so that a second QEMU goes on where the first was at some moment, beside the first.
 * @returns the new one, or everything that stands against it. Never a command line that is right in part.
 */
export function rewriteArgv(wish: RelaunchWish): Relaunch | NoRelaunch {
  let given: ArgvOption[];
  try {
    given = parseArgv(wish.words);
  } catch (error) {
    const refusals = [{ part: wish.words.at(-1) ?? '', reason: (error as Error).message }];
    return { refusals, byHand: wish.words };
  }
  try {
    const { options, deferred } = wish.alone
      ? { options: given, deferred: [] }
      : deferPorts(given, wish.version);
    const refusals = findRefusals(options, { alone: wish.alone ?? false });
    const { images, unmatched } = matchDisks(options, wish);
    // An option that can't stay as it is says so once.
    const told = new Set(refusals.map(({ part }) => part));
    refusals.push(...unmatched.filter(({ part }) => !told.has(part)));
    if (refusals.length > 0) return { refusals, byHand: argvByHand(wish) };
    const rewritten = withMachine(gentle(withImages(options, images)), wish.machine);
    const kept = rewritten.filter(({ name }) => !STARTING.has(name));
    const words = [...formatArgv(kept), '-S', ...(wish.incoming ? ['-incoming', 'defer'] : [])];
    return { words, paths: pathsMade(options), deferred, lost: lostOver(options) };
  } catch (error) {
    if (!(error instanceof ArgvDiskError) && !(error instanceof SyntaxError)) throw error;
    const refusals = [{ part: 'the command line', reason: error.message }];
    return { refusals, byHand: argvByHand(wish) };
  }
}

/**
 * The command line with the images that belong to the moment, for people who start it when the first QEMU has ended:
 * it runs at once, and loads nothing. What stands against starting a second one is left as it is, and so are disks
 * that can't be told.
 */
export function argvByHand(wish: RelaunchWish): string[] {
  try {
    const options = parseArgv(wish.words);
    const possible = matchDisks(options, wish).images.filter((image) => canHave(options, image));
    const rewritten = withImages(options, possible);
    const kept = withMachine(rewritten, wish.machine).filter(
      ({ name }) => !STARTING.has(name) || name === 'daemonize',
    );
    return formatArgv(kept);
  } catch (error) {
    if (!(error instanceof ArgvDiskError) && !(error instanceof SyntaxError)) throw error;
    return [...wish.words];
  }
}

function canHave(options: readonly ArgvOption[], image: Parameters<typeof withImages>[1][number]): boolean {
  try {
    withImages(options, [image]);
    return true;
  } catch (error) {
    if (error instanceof ArgvDiskError) return false;
    throw error;
  }
}

/** Which disk of the command line is which of the guest's. */
function matchDisks(
  options: readonly ArgvOption[],
  { disks, machine, cwd }: RelaunchWish,
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
        found.filter(
          (each) =>
            !taken.has(each) && each.file !== undefined && disk.chain.includes(resolve(cwd, each.file)),
        ),
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
  const same = (file: string | undefined, other: string): boolean =>
    file !== undefined && resolve(cwd, file) === resolve(cwd, other);
  return { images: images.filter(({ disk, image }) => !same(disk.file, image.file)), unmatched };
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
