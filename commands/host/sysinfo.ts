import { defineCommand, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'sysinfo',
  group: 'host',
  summary: 'print the hypervisor sysinfo',
  description: 'output an XML string for the hypervisor sysinfo, if available',
  manual: ['The tables of the firmware of the host (SMBIOS): maker, serial numbers, BIOS, memory modules.'],
  options: [],
  json: { object: { xml: 'string' } },
  async run(context) {
    const xml = await orFail('failed to get sysinfo', context.connection.getSysinfo());
    context.emit({ xml });
    context.output.print(xml);
  },
});
