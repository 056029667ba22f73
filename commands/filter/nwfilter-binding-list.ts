import { defineCommand, formatTable, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'nwfilter-binding-list',
  group: 'filter',
  summary: 'list network filter bindings',
  description: 'Returns list of network filter bindings.',
  options: [],
  json: { list: { object: { portDev: 'string', filter: 'string' } } },
  async run(context) {
    const found = await orFail(
      'Failed to list network filter bindings',
      context.connection.listAllNWFilterBindings(),
    );
    found.sort((a, b) => (a.portDev.toLowerCase() < b.portDev.toLowerCase() ? -1 : 1));
    context.emit(found.map(({ portDev, filterName }) => ({ portDev, filter: filterName })));
    const rows = found.map(({ portDev, filterName }) => [portDev, filterName]);
    context.output.print(await formatTable(context.output.quiet ? null : ['Port Dev', 'Filter'], rows));
  },
});
