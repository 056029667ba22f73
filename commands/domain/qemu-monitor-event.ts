import {
  VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE,
  VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX,
} from '../../src/hypervisor/constants.js';
import type { MonitorEvent } from '../../src/hypervisor/index.js';
import { defineCommand, domainOf, formatJsonText, parseJsonText, plainJson } from '../../src/shell/index.js';
import { printEvents } from '../events/print-events.js';

export default defineCommand({
  name: 'qemu-monitor-event',
  group: 'domain',
  summary: 'QEMU Monitor Events',
  description: 'Listen for QEMU Monitor Events',
  manual: [
    "Waits for an event of QEMU's own monitor (STOP, BLOCK_JOB_READY, DEVICE_DELETED and so on) and prints it with its data; with --loop for all that come until --timeout or an interrupt. --event wants one by name, or with --regex those whose name matches; --no-case takes letters either way. --pretty lays the data out.",
    'With --json every event is a line of JSON of its own.',
  ],
  options: [
    { name: 'domain', type: 'string', completer: 'domain', help: 'filter by domain name, id or uuid' },
    { name: 'event', type: 'string', help: 'filter by event name' },
    { name: 'pretty', type: 'flag', help: 'pretty-print any JSON output' },
    { name: 'loop', type: 'flag', help: 'loop until timeout or interrupt, rather than one-shot' },
    { name: 'timeout', type: 'int', help: 'timeout seconds' },
    {
      name: 'regex',
      type: 'flag',
      bit: VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX,
      help: 'treat event as a regex rather than literal filter',
    },
    {
      name: 'no-case',
      type: 'flag',
      bit: VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE,
      help: 'treat event case-insensitively',
    },
    { name: 'timestamp', type: 'flag', help: 'show timestamp for each printed event' },
  ],
  long: true,
  jsonLines: true,
  json: {
    object: {
      event: 'string',
      domain: 'string',
      uuid: 'string',
      seconds: 'integer',
      micros: 'integer',
      data: 'any',
    },
  },
  async run(context, args) {
    const timeout = args.timeout();
    const event = args.optional('event') ?? null;
    const domain = args.has('domain') ? await domainOf(context, args) : undefined;
    const timestamp = args.flag('timestamp');
    await printEvents<MonitorEvent>(context, {
      loop: args.flag('loop'),
      timestamp,
      timeout,
      watch: (listener) => context.connection.watchMonitorEvents(event, listener, domain?.uuid, args.bits()),
      describe: (each) => describe(each, timestamp, args.flag('pretty')),
      json: ({ domain: { name, uuid }, event: kind, seconds, micros, details }) => ({
        event: kind,
        domain: name,
        uuid,
        seconds,
        micros,
        data: details === null ? null : plainJson(parseJsonText(details)),
      }),
    });
  },
});

function describe(
  { event, domain, seconds, micros, details }: MonitorEvent,
  timestamp: boolean,
  pretty: boolean,
): string {
  const at = timestamp ? '' : ` at ${seconds}.${String(micros).padStart(6, '0')}`;
  const data = details !== null && pretty ? formatJsonText(parseJsonText(details), true) : details;
  return `event ${event}${at} for domain '${domain.name}': ${data ?? '<null>'}\n`;
}
