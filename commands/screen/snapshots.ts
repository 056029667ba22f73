import { parseWords } from '../../src/grammar/index.js';
import type { Domain } from '../../src/hypervisor/index.js';
import {
  Arguments,
  type Context,
  defineCommand,
  domainOf,
  domainOption,
  errorLines,
  InterruptedError,
  orFail,
  type SnapshotTreeAction,
  type SnapshotTreeEntry,
} from '../../src/shell/index.js';
import { forecastDelete, forecastRevert } from '../snapshot/snapshot-forecast.js';
import { disksOfDomain, type SnapshotFacts, snapshotFacts } from '../snapshot/snapshot-tree.js';
import { detailLines, factsText, treeLines } from '../snapshot/snapshot-tree-text.js';
import { screenOf } from './needs-screen.js';

export default defineCommand({
  name: 'snapshots',
  group: 'screen',
  summary: 'walk through the snapshots of a domain',
  description: 'Show the snapshots of a domain as a tree to walk through, revert to and delete from.',
  manual: [
    'The arrow keys move, Enter shows all about a snapshot, r goes back to it and d deletes it; q or Escape leaves. Before anything is done it is told what will happen to which files, and asked for. What is done then is snapshot-revert and snapshot-delete, whose output comes into the scrollback.',
  ],
  options: [domainOption('domain-with-snapshot')],
  async run(context, args) {
    const screen = screenOf(context, 'snapshots');
    const domain = await domainOf(context, args);
    let selected: string | undefined;
    let message: string | undefined;
    for (;;) {
      const all = await snapshotFacts(
        domain,
        await orFail('Failed to list snapshots', domain.listAllSnapshots()),
      );
      const choice = await screen.show('snapshot-tree', {
        domain: domain.name,
        entries: entriesOf(all),
        selected,
        message,
        readonly: context.connection.readonly,
        forecast: (action, name) => forecast(context, domain, all, action, name),
      });
      if (!choice) return;
      message = await carryOut(context, domain, choice.action, choice.name);
      // After a deletion its parent is what is nearest.
      const { name } = choice;
      selected =
        choice.action === 'delete' && message.endsWith('deleted')
          ? all.find((facts) => facts.name === name)?.description.parent
          : name;
    }
  },
});

const entriesOf = (all: readonly SnapshotFacts[]): SnapshotTreeEntry[] =>
  treeLines(all).map(({ facts, branches }) => ({
    name: facts.name,
    branches,
    current: facts.current,
    facts: factsText(facts),
    details: detailLines(facts),
  }));

async function forecast(
  context: Context,
  domain: Domain,
  all: readonly SnapshotFacts[],
  action: SnapshotTreeAction,
  name: string,
): Promise<string[]> {
  const facts = all.find((each) => each.name === name);
  if (!facts) return [];
  const version = await context.connection.getLibVersion().catch(() => 0);
  const disks = await disksOfDomain(domain).catch(() => []);
  const know = { all, disks, version };
  return action === 'revert' ? forecastRevert(facts, know) : forecastDelete(facts, know);
}

/** Runs the ordinary command. @returns how it ended. @throws InterruptedError */
async function carryOut(
  context: Context,
  domain: Domain,
  action: SnapshotTreeAction,
  name: string,
): Promise<string> {
  const words = [`snapshot-${action}`, `--domain=${domain.uuid}`, `--snapshotname=${name}`];
  context.output.print(`snapshot-${action} ${domain.name} ${name}\n`);
  const [parsed] = await parseWords(words, context.registry.lookup);
  try {
    await parsed?.command.run(context, new Arguments(parsed));
    return `${name} ${action === 'delete' ? 'deleted' : 'reverted to'}`;
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    context.session.noteFailure(error);
    const lines = errorLines(error);
    for (const line of lines) context.output.error(line);
    return lines.join(' ');
  }
}
