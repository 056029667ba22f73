import {
  VIR_DOMAIN_CHECKPOINT_LIST_DESCENDANTS,
  VIR_ERR_NO_SUPPORT,
} from '../../src/hypervisor/constants.js';
import { type Checkpoint, HypervisorError } from '../../src/hypervisor/index.js';
import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { checkpointParent, findCheckpoint } from './find-checkpoint.js';

export default defineCommand({
  name: 'checkpoint-info',
  group: 'checkpoint',
  summary: 'checkpoint information',
  description: 'Returns basic information about a checkpoint.',
  manual: [
    'Children counts the checkpoints made directly after this one, Descendants all that came after it.',
  ],
  options: [
    domainOption('domain-with-checkpoint'),
    { name: 'checkpointname', type: 'string', completer: 'checkpoint', help: 'checkpoint name' },
  ],
  json: {
    object: {
      name: 'string',
      domain: 'string',
      parent: { oneOf: ['string', 'null'] },
      'children?': 'integer',
      'descendants?': 'integer',
    },
  },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const checkpoint = await findCheckpoint(domain, 'checkpointname', args.optional('checkpointname'));
    const line = (label: string, value: string | number): void =>
      context.output.print(`${`${label}:`.padEnd(15)} ${value}\n`);
    line('Name', checkpoint.name);
    line('Domain', domain.name);
    const parent = await checkpointParent(checkpoint);
    line('Parent', parent ?? '-');
    const described = { name: checkpoint.name, domain: domain.name, parent: parent ?? null };
    const children = await countChildren(checkpoint);
    if (children === undefined) {
      context.emit(described);
      return;
    }
    line('Children', children);
    const descendants = (await checkpoint.listAllChildren(VIR_DOMAIN_CHECKPOINT_LIST_DESCENDANTS)).length;
    line('Descendants', descendants);
    context.emit({ ...described, children, descendants });
  },
});

/** @returns undefined where the hypervisor can't tell. */
async function countChildren(checkpoint: Checkpoint): Promise<number | undefined> {
  try {
    return (await checkpoint.listAllChildren()).length;
  } catch (error) {
    if (error instanceof HypervisorError && error.code === VIR_ERR_NO_SUPPORT) return undefined;
    throw error;
  }
}
