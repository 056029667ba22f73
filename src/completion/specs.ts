import { splitCommaList } from '../grammar/index.js';
import type { Candidate } from './candidate.js';
import type { Completer } from './completer.js';
import { diskTarget } from './devices.js';
import { pathsFrom } from './paths.js';

/** A key of a comma list, and what may follow its `=`. */
interface Key {
  readonly name: string;
  readonly help: string;
  readonly values?: readonly (readonly [value: string, help: string])[];
}

const location = [
  ['internal', 'inside the disk image'],
  ['external', 'in a file of its own'],
  ['no', 'not part of the snapshot'],
] as const;

const diskKeys: readonly Key[] = [
  { name: 'snapshot', help: 'where the snapshot is kept', values: location },
  {
    name: 'driver',
    help: 'format of the new overlay',
    values: [
      ['qcow2', 'the usual one'],
      ['qed', 'obsolete'],
    ],
  },
  {
    name: 'stype',
    help: 'what the overlay is stored on',
    values: [
      ['file', 'a file'],
      ['block', 'a block device'],
    ],
  },
  { name: 'file', help: 'path of the new overlay' },
];

const memoryKeys: readonly Key[] = [
  { name: 'file', help: 'path of the memory image' },
  { name: 'snapshot', help: 'where the memory is kept', values: location },
];

/** `disk[,snapshot=…][,driver=…][,stype=…][,file=…]` */
export const diskspec: Completer = async (request) => {
  const { done, rest, elements } = splitAtCursor(request.prefix);
  if (elements.length > 0) return keyCandidates(done, rest, elements.slice(1), diskKeys);
  const taken = new Set(request.given('diskspec').map((spec) => splitCommaList(spec)[0]));
  const disks = await diskTarget(request);
  return disks.filter(({ text }) => !taken.has(text)).map((disk) => ({ ...disk, partial: true }));
};

/** `[file=]name[,snapshot=…]` */
export const memspec: Completer = async ({ prefix }) => {
  const { done, rest, elements } = splitAtCursor(prefix);
  const [first] = elements;
  // The name needs no `file=` in front when it comes first.
  const named =
    first === undefined || first.includes('=') ? elements : [`file=${first}`, ...elements.slice(1)];
  const keys = await keyCandidates(done, rest, named, memoryKeys);
  if (first !== undefined || rest.includes('=')) return keys;
  return [...keys, ...(await pathValues('', rest))];
};

/** Cuts a comma list before its last element: what is finished, as text and as elements, and what is typed. */
function splitAtCursor(prefix: string): { done: string; rest: string; elements: string[] } {
  let cut = 0;
  for (let at = 0; at < prefix.length; at++) {
    if (prefix[at] !== ',') continue;
    if (prefix[at + 1] === ',') at += 1;
    else cut = at + 1;
  }
  const done = prefix.slice(0, cut);
  return {
    done,
    rest: prefix.slice(cut),
    elements: cut === 0 ? [] : splitCommaList(prefix.slice(0, cut - 1)),
  };
}

async function keyCandidates(
  done: string,
  rest: string,
  elements: readonly string[],
  keys: readonly Key[],
): Promise<Candidate[]> {
  const given = new Set(elements.map((element) => element.split('=', 1)[0]));
  const equals = rest.indexOf('=');
  if (equals < 0) {
    return keys
      .filter(({ name }) => !given.has(name))
      .map(({ name, help }) => ({ text: `${done}${name}=`, help, partial: true }));
  }
  const key = keys.find(({ name }) => name === rest.slice(0, equals));
  const before = `${done}${rest.slice(0, equals + 1)}`;
  if (!key) return [];
  if (!key.values) return pathValues(before, rest.slice(equals + 1));
  // More keys may follow, unless this was the last one.
  const partial = given.size + 1 < keys.length;
  return key.values.map(([value, help]) => ({
    text: `${before}${value}`,
    help,
    ...(partial ? { partial } : {}),
  }));
}

/** Paths as values in a comma list, where a comma is written twice. */
async function pathValues(before: string, typed: string): Promise<Candidate[]> {
  const paths = await pathsFrom(typed.replaceAll(',,', ','));
  return paths.map(({ text }) => ({ text: `${before}${text.replaceAll(',', ',,')}`, partial: true }));
}
