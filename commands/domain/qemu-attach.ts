import { defineCommand, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'qemu-attach',
  group: 'domain',
  summary: 'QEMU Attach',
  description: 'QEMU Attach',
  options: [{ name: 'pid', type: 'string', required: true, help: 'pid' }],
  async run(context, args) {
    const pid = args.uint('pid') ?? 0;
    const domain = await orFail(`Failed to attach to pid ${pid}`, context.connection.domainQemuAttach(pid));
    context.output.extra(`Domain '${domain.name}' attached to pid ${pid}\n`);
  },
});
