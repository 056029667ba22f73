import {
  cpuRanges,
  cpusOfMap,
  defineCommand,
  domainOf,
  domainOption,
  formatTable,
  orFail,
} from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';

export default defineCommand({
  name: 'iothreadinfo',
  group: 'domain',
  summary: 'view domain IOThreads',
  description: 'Returns basic information about the domain IOThreads.',
  manual: [
    'Lists the IOThreads of a guest (threads of QEMU that serve disks) and on which CPUs of the host each may run.',
  ],
  options: [domainOption(), ...affectOptions],
  rules: [...affectRules],
  json: { list: { object: { id: 'integer', affinity: { list: 'integer' } } } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const threads = await orFail(
      'Unable to get domain IOThreads information',
      domain.getIOThreadInfo(args.bits()),
    );
    context.emit(threads.map(({ id, cpumap }) => ({ id, affinity: cpusOfMap(cpumap) })));
    if (threads.length === 0) {
      context.output.extra('No IOThreads found for the domain');
      return;
    }
    const header = context.output.quiet ? null : ['IOThread ID', 'CPU Affinity'];
    const rows = threads.map(({ id, cpumap }) => [String(id), cpuRanges(cpumap)]);
    context.output.print(await formatTable(header, rows));
  },
});
