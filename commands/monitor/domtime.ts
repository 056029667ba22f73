import { VIR_DOMAIN_TIME_SYNC } from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, exclusive } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domtime',
  group: 'monitor',
  summary: 'domain time',
  description: "Gets or sets the domain's system time",
  manual: [
    'Needs the guest agent. Without --now, --sync or --time the clock of the guest is read, in seconds since 1970 ' +
      'or, with --pretty, as date and time in UTC.',
    'A guest that was reverted to a snapshot goes on with the time of the snapshot: --sync or --now corrects it.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'now', type: 'flag', help: 'set to the time of the host running virsh' },
    { name: 'pretty', type: 'flag', help: "print domain's time in human readable form" },
    {
      name: 'sync',
      type: 'flag',
      bit: VIR_DOMAIN_TIME_SYNC,
      help: "instead of setting given time, synchronize from domain's RTC",
    },
    { name: 'time', type: 'int', help: 'time to set' },
  ],
  rules: [exclusive('time', 'now'), exclusive('time', 'sync'), exclusive('now', 'sync')],
  json: {
    oneOf: [{ object: { seconds: 'integer', nanoseconds: 'integer' } }, { object: { message: 'string' } }],
  },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const given = args.longlong('time');
    const now = args.flag('now');
    if (given !== undefined || now || args.flag('sync')) {
      const seconds = now ? BigInt(Math.floor(Date.now() / 1000)) : (given ?? 0n);
      await domain.setTime(seconds, 0, args.bits());
      return;
    }
    const { seconds, nseconds } = await domain.getTime();
    context.emit({ seconds, nanoseconds: nseconds });
    context.output.print(`Time: ${args.flag('pretty') ? utc(seconds) : seconds}`);
  },
});

/** Date and time in UTC, to the second; the plain number if it is beyond what a calendar holds. */
function utc(seconds: bigint): string {
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return seconds.toString();
  return date
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, '');
}
