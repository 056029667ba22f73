import { defineCommand, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'nodeinfo',
  group: 'host',
  summary: 'node information',
  description: 'Returns basic information about the node.',
  manual: [
    'Sockets, cores and threads are counted for each NUMA cell, so that cells times sockets times cores times threads ' +
      'is the number of CPUs; where the host is not that regular, one cell with one socket stands for all of it.',
  ],
  options: [],
  json: {
    object: {
      cpuModel: 'string',
      cpus: 'integer',
      'cpuMhz?': 'integer',
      socketsPerCell: 'integer',
      coresPerSocket: 'integer',
      threadsPerCore: 'integer',
      numaCells: 'integer',
      memoryKiB: 'integer',
    },
  },
  async run(context) {
    const info = await orFail('failed to get node information', context.connection.nodeGetInfo());
    context.emit({
      cpuModel: info.model,
      cpus: info.cpus,
      cpuMhz: info.mhz || undefined,
      socketsPerCell: info.sockets,
      coresPerSocket: info.cores,
      threadsPerCore: info.threads,
      numaCells: info.nodes,
      memoryKiB: info.memory,
    });
    const line = (name: string, value: unknown): void =>
      context.output.print(`${name.padEnd(20)} ${value}\n`);
    line('CPU model:', info.model);
    line('CPU(s):', info.cpus);
    if (info.mhz) line('CPU frequency:', `${info.mhz} MHz`);
    line('CPU socket(s):', info.sockets);
    line('Core(s) per socket:', info.cores);
    line('Thread(s) per core:', info.threads);
    line('NUMA cell(s):', info.nodes);
    line('Memory size:', `${info.memory} KiB`);
  },
});
