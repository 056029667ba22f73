import { CommandError } from '../../src/shell/index.js';

/** The ways to ask a guest to go down, by the word for each. */
export type PowerModes = Readonly<Record<'acpi' | 'agent' | 'initctl' | 'signal' | 'paravirt', number>>;

export const powerManual = [
  'The guest is asked; it decides when, and whether, to follow. The command does not wait for it.',
  "Several modes may be given, separated by commas; which of them is tried first is the hypervisor's choice. Without --mode the hypervisor picks one.",
] as const;

export const modeOption = (modes: PowerModes) =>
  ({
    name: 'mode',
    type: 'string',
    values: Object.keys(modes),
    valueList: true,
    help: 'shutdown mode: acpi|agent|initctl|signal|paravirt',
  }) as const;

/**
 * Flags for a comma-separated list of modes; none for no list.
 * @param expected how virsh lists the words when it refuses one.
 * @throws CommandError an unknown or empty word.
 */
export function modeFlags(list: string | undefined, modes: PowerModes, expected: string): number {
  let flags = 0;
  for (const word of list?.split(',') ?? []) {
    if (!Object.hasOwn(modes, word)) {
      throw new CommandError(`Unknown mode ${word} value, expecting ${expected}`);
    }
    flags |= modes[word as keyof PowerModes];
  }
  return flags;
}
