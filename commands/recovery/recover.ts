import { open } from '../../src/hypervisor/index.js';
import { CommandError, defineCommand, SilentFailure } from '../../src/shell/index.js';
import { describeOperation, type JournalRecord } from '../../src/snapshot/journal.js';
import type { RecoverResult } from '../../src/snapshot/recover.js';

/** How long a monitor that somebody else holds is waited for, in ms. */
const PATIENCE_MS = 10_000;

export default defineCommand({
  name: 'recover',
  group: 'recovery',
  summary: 'mend what an interrupted snapshot left behind',
  description: 'Mend what an operation left behind that was cut off.',
  manual: [
    'For guests that are reached directly (qmp: URIs). Before snapctl pauses or freezes a guest, or adds an overlay to one, it writes down what it is about to do, and starts a process that undoes it should snapctl be killed. If that process was killed as well, or could not finish, this command does the same: the guest runs again if it ran before, its file systems are thawed, overlays that were begun are merged back and removed, and half-written files are deleted. A snapshot that was whole by then is completed instead.',
    'An archive-create of a guest of libvirt is mended in the same way, through libvirt.',
    'Without a domain, everything that was cut off is mended, wherever it was. Until that is done, other commands that would change the guest refuse to work on it. The command can be repeated, and does nothing where there is nothing to mend.',
    'On QEMU before 8.1 a background snapshot whose receiving process was killed leaves the guest hanging, although it counts as running. This command frees it; that needs the right to trace the QEMU process.',
  ],
  options: [{ name: 'domain', type: 'string', help: 'domain name; all, if left out' }],
  noConnection: true,
  json: {
    list: {
      object: {
        domain: 'string',
        snapshot: 'string',
        outcome: 'string',
        actions: { list: 'string' },
        'error?': 'string',
      },
    },
  },
  async run(context, args) {
    const { unfinishedOperations } = await import('../../src/snapshot/unfinished.js');
    const { recoverDomain } = await import('../../src/snapshot/recover.js');
    const { takeNotice } = await import('../../src/snapshot/notice.js');
    const name = args.optional('domain');
    // The session's connection (at the prompt) holds the monitor of the very guest that is to be mended.
    await context.session.release();
    const all = await unfinishedOperations();
    const wanted = name === undefined ? all : all.filter(({ record }) => record.domain === name);
    if (wanted.length === 0) {
      context.emit([]);
      context.output.extra('There is nothing to recover');
      return;
    }
    const results: Record<string, unknown>[] = [];
    let failed = false;
    for (const { folder, record } of wanted) {
      const about = { domain: record.domain, snapshot: record.snapshot };
      try {
        const result = await recoverDomain(folder, {
          patience: PATIENCE_MS,
          connect: (uri) => open(uri),
        });
        if (result.outcome === 'busy') throw new CommandError(busy(record.domain, record.controller.pid));
        results.push({ ...about, outcome: result.outcome, actions: actionsOf(result) });
        // Told here, and not again by the next command.
        await takeNotice(folder);
        context.output.print(tell(record, result));
      } catch (error) {
        failed = true;
        const message = error instanceof Error ? error.message : String(error);
        results.push({ ...about, outcome: 'failed', actions: [], error: message });
        context.output.error(`domain '${record.domain}' could not be recovered: ${message}`);
      }
    }
    context.emit(results);
    if (failed) throw new SilentFailure();
  },
});

const busy = (domain: string, pid: number): string =>
  `snapctl (pid ${pid}) is still busy with domain '${domain}'`;

const actionsOf = (result: RecoverResult): readonly string[] => ('actions' in result ? result.actions : []);

function tell(record: JournalRecord, result: RecoverResult): string {
  const outcomes: Readonly<Record<RecoverResult['outcome'], string>> = {
    nothing: 'had ended by itself',
    busy: 'is under way',
    undone: 'was cut off and has been undone',
    completed: 'was cut off and has been completed',
    stopped: 'was cut off and has been stopped half way',
    ended: 'was cut off, and the guest has ended',
  };
  const lines = [
    `Domain '${record.domain}': ${describeOperation(record)} ${outcomes[result.outcome]}`,
    ...actionsOf(result).map((action) => `  ${action}`),
  ];
  return `${lines.join('\n')}\n`;
}
