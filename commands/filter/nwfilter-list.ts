import { defineCommand, formatTable } from '../../src/shell/index.js';
import { listOrCount } from '../shell/list-or-count.js';
import { sortByName } from '../shell/sort-by-name.js';

export default defineCommand({
  name: 'nwfilter-list',
  group: 'filter',
  summary: 'list network filters',
  description: 'Returns list of network filters.',
  options: [],
  json: { list: { object: { uuid: 'string', name: 'string' } } },
  async run(context) {
    const { connection } = context;
    const found = sortByName(
      await listOrCount({
        what: 'network filters',
        list: () => connection.listAllNWFilters(),
        count: () => connection.numOfNWFilters(),
      }),
    );
    context.emit(found.map(({ uuid, name }) => ({ uuid, name })));
    const rows = found.map(({ uuid, name }) => [uuid, name]);
    context.output.print(await formatTable(context.output.quiet ? null : ['UUID', 'Name'], rows));
  },
});
