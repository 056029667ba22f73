import { splitCommaList } from '../../src/grammar/index.js';
import {
  CommandError,
  type Context,
  defineCommand,
  InterruptedError,
  shellQuote,
} from '../../src/shell/index.js';
import type { BootedGuest, BootOptions, BootPlan } from '../../src/snapshot/archive-boot.js';
import { onArchive } from './archive-errors.js';
import { openOptions, openOptionsOf } from './open-options.js';

export default defineCommand({
  name: 'archive-boot',
  group: 'archive',
  summary: 'continue a guest from an archive, without unpacking it',
  description: 'Start QEMU from an archive, at the instant that the archive holds.',
  manual: [
    'The guest goes on where it was when the archive was made: its memory is loaded from the archive, and its disks are read from the archive as it needs them. The archive itself is never changed: what the guest writes goes to an overlay, which is thrown away at the end unless --overlay names a file for it (`NAME=FILE,NAME=FILE` for a guest with several disks). An archive without memory is started from power-on.',
    'The command stays until the guest has ended, since it serves the disks. An interrupt ends the guest.',
    'QEMU is started with the archived command line. Sockets, logs and displays are moved into a folder of their own, so that the original guest, if it still runs, is not disturbed; --print-command shows the command and everything that is different, and starts nothing. --network none disconnects all network cards, --network user puts them behind QEMU’s own address translation; without it they are connected as they were. --qmp-socket says where the monitor is to be: with `-c qmp://PATH` every other command works on the guest. --ram sets the size of memory, for archives without memory. What follows -- is added to the command line.',
    'An archive is refused whose command line has options that snapctl does not know, or that would start programs or write to files of this machine.',
  ],
  options: [
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'the archive' },
    {
      name: 'overlay',
      type: 'string',
      positional: false,
      completer: 'path',
      help: 'keep what the guest writes in this file',
    },
    {
      name: 'qmp-socket',
      type: 'string',
      positional: false,
      completer: 'path',
      help: 'where the monitor is to be',
    },
    {
      name: 'ram',
      type: 'scaled',
      positional: false,
      help: 'size of memory, for an archive without memory (default bytes)',
    },
    {
      name: 'network',
      type: 'string',
      positional: false,
      values: ['none', 'user'],
      help: 'what network cards are connected to: none or user',
    },
    {
      name: 'print-command',
      type: 'flag',
      help: 'print the command and what is different in it; start nothing',
    },
    ...openOptions,
    { name: 'extra', type: 'argv', help: "more words for QEMU's command line, after --" },
  ],
  noConnection: true,
  long: true,
  json: {
    object: {
      file: 'string',
      domain: 'string',
      command: { list: 'string' },
      changes: { list: { object: { from: 'string', to: 'string' } } },
      qmpSocket: 'string',
      overlays: { list: { object: { disk: 'string', file: 'string', kept: 'boolean' } } },
    },
  },
  async run(context, args) {
    const file = args.text('file');
    const network = args.optional('network');
    if (network !== undefined && network !== 'none' && network !== 'user')
      throw new CommandError(`Unknown network '${network}': expected none or user`);
    const overlay = args.optional('overlay');
    const options: BootOptions = {
      qmpSocket: args.optional('qmp-socket'),
      network,
      ram: args.has('ram') ? Number(args.scaled('ram', 1n)) : undefined,
      overlays: overlay === undefined ? undefined : readOverlays(overlay),
      extra: args.has('extra') ? args.list('extra') : [],
    };
    const { openArchive } = await import('../../src/archive/index.js');
    const { BootedGuest, planBoot } = await import('../../src/snapshot/archive-boot.js');
    const opened = await openOptionsOf(context, args);
    const archive = await onArchive(file, () => openArchive(file, opened));
    try {
      if (args.flag('print-command')) {
        const plan = await planBoot(archive, '/tmp/snapctl-boot-XXXXXX', options);
        context.emit({ file, ...described(plan) });
        context.output.print(`${changesText(plan)}${plan.command.map(shellQuote).join(' ')}\n`);
        return;
      }
      const guest = await BootedGuest.start(archive, options, {
        signal: context.signal,
        onFailure: (stream, error) =>
          context.output.error(`the guest reads what cannot be read: ${stream}: ${error.message}`),
      });
      await untilEnded(context, file, guest);
    } catch (error) {
      if (context.signal.aborted) throw new InterruptedError('interrupted', { cause: error });
      throw error;
    } finally {
      await archive.close();
    }
  },
});

async function untilEnded(context: Context, file: string, guest: BootedGuest): Promise<void> {
  const { output, signal } = context;
  const { domain, qmpSocket, overlays } = guest.plan;
  const facts = { file, ...described(guest.plan) };
  context.emit(facts);
  // Said while it runs: the command's own answer comes when it has ended.
  if (context.json) output.notice(JSON.stringify(facts));
  else output.notice(changesText(guest.plan).trimEnd());
  output.notice(
    domain.memory === null
      ? `Domain '${domain.name}' starts from ${file} (pid ${guest.process.pid})`
      : `Domain '${domain.name}' goes on from ${file} (pid ${guest.process.pid})`,
  );
  if (domain.memory !== null && !domain.running) output.notice('It was paused, and is');
  if (guest.thawed) output.notice('Its file systems were frozen, and have been thawed');
  output.notice(`Its monitor: qmp://${qmpSocket}`);
  const interrupted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
  try {
    await Promise.race([guest.ended, interrupted]);
    if (signal.aborted) {
      const { quitGuest } = await import('../../src/snapshot/archive-boot.js');
      await quitGuest(guest);
    }
  } finally {
    await guest.close();
  }
  for (const { disk, file: overlay, keep } of overlays) {
    if (keep) output.extra(`What it wrote to disk ${disk.target} is in ${overlay}\n`);
  }
  output.extra(`Domain '${domain.name}' has ended`);
}

function readOverlays(value: string): Map<string, string> {
  const overlays = new Map<string, string>();
  for (const element of splitCommaList(value)) {
    const equals = element.indexOf('=');
    const name = equals > 0 && !element.slice(0, equals).includes('/') ? element.slice(0, equals) : '';
    const path = name === '' ? element : element.slice(equals + 1);
    if (path === '' || overlays.has(name)) throw new CommandError(`unable to parse overlay: ${value}`);
    overlays.set(name, path);
  }
  return overlays;
}

const described = ({ domain, command, changes, qmpSocket, overlays }: BootPlan) => ({
  domain: domain.name,
  command,
  changes,
  qmpSocket,
  overlays: overlays.map(({ disk, file, keep }) => ({ disk: disk.target, file, kept: keep })),
});

const changesText = ({ changes }: BootPlan): string =>
  changes
    .map(({ from, to }) => `# ${from === '' ? 'added' : from} -> ${to === '' ? 'left out' : to}\n`)
    .join('');
