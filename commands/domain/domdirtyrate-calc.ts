import {
  VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_BITMAP,
  VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_RING,
  VIR_DOMAIN_DIRTYRATE_MODE_PAGE_SAMPLING,
} from '../../src/hypervisor/constants.js';
import { CommandError, defineCommand, domainOf, domainOption } from '../../src/shell/index.js';

const modes = new Map([
  ['page-sampling', VIR_DOMAIN_DIRTYRATE_MODE_PAGE_SAMPLING],
  ['dirty-bitmap', VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_BITMAP],
  ['dirty-ring', VIR_DOMAIN_DIRTYRATE_MODE_DIRTY_RING],
]);

export default defineCommand({
  name: 'domdirtyrate-calc',
  group: 'domain',
  summary: "Calculate a vm's memory dirty rate",
  description:
    "Calculate memory dirty rate of a domain in order to decide whether it's proper to be migrated out or not.\nThe calculated dirty rate information is available by calling 'domstats --dirtyrate'.",
  manual: [
    'Has QEMU measure for some seconds how fast a running guest changes its memory, which says how long a live snapshot or migration will take. It goes on after this command has ended; `domstats --dirtyrate` shows the result.',
  ],
  options: [
    domainOption(),
    {
      name: 'seconds',
      type: 'int',
      help: 'calculate memory dirty rate within specified seconds, the supported value range from 1 to 60, default to 1.',
    },
    {
      name: 'mode',
      type: 'string',
      values: [...modes.keys()],
      help: "dirty page rate calculation mode, either of these 3 options 'page-sampling, dirty-bitmap, dirty-ring' can be specified.",
    },
  ],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const seconds = args.int('seconds') ?? 1;
    const mode = args.optional('mode');
    const flags = mode === undefined ? 0 : modes.get(mode);
    if (flags === undefined) throw new CommandError(`Unknown calculation mode '${mode}'`);
    await domain.startDirtyRateCalc(seconds, flags);
    context.output.extra("Start to calculate domain's memory dirty rate successfully.\n");
  },
});
