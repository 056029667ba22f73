import type { TypedParameter } from '../../src/hypervisor/index.js';
import { CommandError, parseWhole } from '../../src/shell/index.js';

/** Bounds of whole numbers by type, and what libvirt calls them. */
const wholes = {
  int: { words: 'int', min: -(2n ** 31n), max: 2n ** 31n - 1n },
  // Negative ones wrap around, as C reads them.
  uint: { words: 'unsigned int', min: -(2n ** 32n) + 1n, max: 2n ** 32n - 1n },
  llong: { words: 'long long', min: -(2n ** 63n), max: 2n ** 63n - 1n },
  ullong: { words: 'unsigned long long', min: -(2n ** 64n) + 1n, max: 2n ** 64n - 1n },
} as const;

/**
 * What is to be changed of a domain's scheduler parameters.
 * @param present the parameters that there are; they say of what type each is.
 * @param settings `name=value`, each.
 * @throws CommandError in virsh's words.
 */
export function schedulerChanges(
  present: readonly TypedParameter[],
  settings: readonly string[],
  cap: string | undefined,
  weight: string | undefined,
): TypedParameter[] {
  const changes = settings.map((setting) => {
    const equals = setting.indexOf('=');
    if (equals < 0) throw new CommandError('Invalid syntax for --set, expecting name=value');
    return change(present, setting.slice(0, equals), setting.slice(equals + 1));
  });
  if (cap !== undefined) changes.push(change(present, 'cap', cap));
  if (weight !== undefined) changes.push(change(present, 'weight', weight));
  return changes;
}

function change(present: readonly TypedParameter[], field: string, text: string): TypedParameter {
  const parameter = present.find((each) => each.field === field);
  if (!parameter) throw new CommandError(`invalid scheduler option: ${field}`);
  const { type } = parameter;
  const refuse = (words: string): Error =>
    new Error(`invalid argument: Invalid value for field '${field}': expected ${words}`);
  switch (type) {
    case 'string':
      return { field, type, value: text };
    case 'boolean':
      if (text !== '0' && text !== '1') throw refuse("'0' or '1'");
      return { field, type, value: text === '1' };
    case 'double': {
      const value = Number(text);
      if (text.trim() === '' || Number.isNaN(value)) throw refuse('double');
      return { field, type, value };
    }
    default: {
      const { words, min, max } = wholes[type];
      const value = parseWhole(text);
      if (value === undefined || value < min || value > max) throw refuse(words);
      if (type === 'uint') return { field, type, value: Number(BigInt.asUintN(32, value)) };
      if (type === 'int') return { field, type, value: Number(value) };
      return { field, type, value: type === 'ullong' ? BigInt.asUintN(64, value) : value };
    }
  }
}
