import { parseWhole } from '../../src/shell/index.js';

/** Names of signals by their numbers, as libvirt has them (VIR_DOMAIN_PROCESS_SIGNAL_*). */
export const signalNames: readonly string[] = [
  ...[
    'nop',
    'hup',
    'int',
    'quit',
    'ill',
    'trap',
    'abrt',
    'bus',
    'fpe',
    'kill',
    'usr1',
    'segv',
    'usr2',
    'pipe',
  ],
  ...[
    'alrm',
    'term',
    'stkflt',
    'chld',
    'cont',
    'stop',
    'tstp',
    'ttin',
    'ttou',
    'urg',
    'xcpu',
    'xfsz',
    'vtalrm',
  ],
  ...['prof', 'winch', 'poll', 'pwr', 'sys'],
  ...Array.from({ length: 33 }, (_, realtime) => `rt${realtime}`),
];

/** A signal by its number or name, with or without `SIG`. @returns undefined if there is none. */
export function signalNumber(text: string): number | undefined {
  const number = parseWhole(text);
  if (number !== undefined) return number >= 0n && number < 2n ** 31n ? Number(number) : undefined;
  const signal = signalNames.indexOf(text.toLowerCase().replace(/^sig_?/, ''));
  return signal < 0 ? undefined : signal;
}
