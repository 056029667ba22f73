import { defineCommand, formatTable, orFail } from '../../src/shell/index.js';
import { sortByName } from '../shell/sort-by-name.js';

export default defineCommand({
  name: 'nwfilter-list',
  group: 'filter',
  summary: 'list network filters',
  description: 'Returns list of network filters.',
  options: [],
  json: { list: { object: { uuid: 'string', name: 'string' } } },
  async run(context) {
    const found = sortByName(
      await orFail('Failed to list network filters', context.connection.listAllNWFilters()),
    );
    context.emit(found.map(({ uuid, name }) => ({ uuid, name })));
    const rows = found.map(({ uuid, name }) => [uuid, name]);
    context.output.print(await formatTable(context.output.quiet ? null : ['UUID', 'Name'], rows));
  },
});
