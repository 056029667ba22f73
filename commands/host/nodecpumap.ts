import { cpuInMap, cpuRanges, cpusOfMap, defineCommand, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'nodecpumap',
  group: 'host',
  summary: 'node cpu map',
  description:
    "Displays the node's total number of CPUs, the number of online CPUs and the list of online CPUs.",
  manual: ['In the map, y stands for a CPU that is online and a dash for one that is not, from CPU 0 on.'],
  options: [{ name: 'pretty', type: 'flag', help: 'return human readable output' }],
  json: { object: { present: 'integer', online: 'integer', onlineCpus: { list: 'integer' } } },
  async run(context, args) {
    const { present, online, map } = await orFail(
      'Unable to get cpu map',
      context.connection.nodeGetCPUMap(),
    );
    context.emit({ present, online, onlineCpus: cpusOfMap(map) });
    const letters = Array.from({ length: present }, (_, cpu) => (cpuInMap(map, cpu) ? 'y' : '-'));
    context.output.print(`CPUs present:   ${present}\n`);
    context.output.print(`CPUs online:    ${online}\n`);
    context.output.print(`CPU map:        ${args.flag('pretty') ? cpuRanges(map) : letters.join('')}\n`);
  },
});
