import {
  VIR_NODE_MEMORY_SHARED_MERGE_ACROSS_NODES,
  VIR_NODE_MEMORY_SHARED_PAGES_TO_SCAN,
  VIR_NODE_MEMORY_SHARED_SLEEP_MILLISECS,
} from '../../src/hypervisor/constants.js';
import type { TypedParameter } from '../../src/hypervisor/index.js';
import { camelCase, defineCommand, orFail, typedValueText } from '../../src/shell/index.js';

export default defineCommand({
  name: 'node-memory-tune',
  group: 'host',
  summary: 'Get or set node memory parameters',
  description:
    'Get or set node memory parameters\n    To get the memory parameters, use following command: \n\n    virsh # node-memory-tune',
  manual: [
    'Parameters of the kernel service that merges equal memory pages of guests (KSM). Without options they are shown.',
  ],
  options: [
    {
      name: 'shm-pages-to-scan',
      type: 'int',
      help: 'number of pages to scan before the shared memory service goes to sleep',
    },
    {
      name: 'shm-sleep-millisecs',
      type: 'int',
      help: 'number of millisecs the shared memory service should sleep before next scan',
    },
    {
      name: 'shm-merge-across-nodes',
      type: 'int',
      help: 'Specifies if pages from different numa nodes can be merged',
    },
  ],
  json: { map: { oneOf: ['integer', 'number', 'string', 'boolean'] } },
  async run(context, args) {
    const { connection, output } = context;
    const changes: TypedParameter[] = [];
    const change = (field: string, value: number | undefined): void => {
      if (value !== undefined) changes.push({ field, type: 'uint', value });
    };
    change(VIR_NODE_MEMORY_SHARED_PAGES_TO_SCAN, args.uint('shm-pages-to-scan'));
    change(VIR_NODE_MEMORY_SHARED_SLEEP_MILLISECS, args.uint('shm-sleep-millisecs'));
    change(VIR_NODE_MEMORY_SHARED_MERGE_ACROSS_NODES, args.uint('shm-merge-across-nodes'));
    if (changes.length > 0) {
      await orFail('Unable to change memory parameters', connection.nodeSetMemoryParameters(changes));
      return;
    }
    const parameters = await orFail(
      'Unable to get number of memory parameters',
      connection.nodeGetMemoryParameters(),
    );
    context.emit(Object.fromEntries(parameters.map(({ field, value }) => [camelCase(field), value])));
    if (parameters.length === 0) return;
    output.print('Shared memory:\n');
    for (const parameter of parameters) {
      output.print(`\t${parameter.field.padEnd(15)} ${typedValueText(parameter)}\n`);
    }
  },
});
