import {
  VIR_DOMAIN_DISK_ERROR_NO_SPACE,
  VIR_DOMAIN_DISK_ERROR_NONE,
  VIR_DOMAIN_DISK_ERROR_UNSPEC,
} from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';

const errorWords = new Map<number, string>([
  [VIR_DOMAIN_DISK_ERROR_NONE, 'no error'],
  [VIR_DOMAIN_DISK_ERROR_UNSPEC, 'unspecified error'],
  [VIR_DOMAIN_DISK_ERROR_NO_SPACE, 'no space'],
]);

export default defineCommand({
  name: 'domblkerror',
  group: 'monitor',
  summary: 'Show errors on block devices',
  description: 'Show block device errors',
  manual: [
    'Only disks whose last request failed are listed. A guest that was paused with the reason "I/O error" stopped ' +
      'because of one of them: make room or repair the storage, then resume it, and it repeats the request.',
  ],
  options: [domainOption('domain-active')],
  json: { list: { object: { disk: 'string', error: 'string' } } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const errors = (await domain.getDiskErrors()).map(({ disk, error }) => ({
      disk,
      error: errorWords.get(error) ?? 'unknown error',
    }));
    context.emit(errors);
    if (errors.length === 0) context.output.print('No errors found\n');
    for (const { disk, error } of errors) context.output.print(`${disk}: ${error}\n`);
  },
});
