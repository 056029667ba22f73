import { defineCommand, orFail } from '../../src/shell/index.js';
import { ARCHITECTURES } from './architectures.js';

export default defineCommand({
  name: 'cpu-models',
  group: 'host',
  summary: 'CPU models',
  description: 'Get the CPU models for an arch.',
  manual: [
    'The names that libvirt knows for an architecture, which is not what this host or its emulator can run: that is in ' +
      'domcapabilities.',
  ],
  options: [{ name: 'arch', type: 'string', required: true, values: ARCHITECTURES, help: 'architecture' }],
  json: { list: 'string' },
  async run(context, args) {
    const arch = args.text('arch');
    const models = await orFail('failed to get CPU model names', context.connection.getCPUModelNames(arch));
    context.emit(models);
    if (models.length === 0) context.output.extra('all CPU models are accepted\n');
    for (const model of models) context.output.print(`${model}\n`);
  },
});
