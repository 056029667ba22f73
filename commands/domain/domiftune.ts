import {
  VIR_DOMAIN_BANDWIDTH_IN_AVERAGE,
  VIR_DOMAIN_BANDWIDTH_IN_BURST,
  VIR_DOMAIN_BANDWIDTH_IN_FLOOR,
  VIR_DOMAIN_BANDWIDTH_IN_PEAK,
  VIR_DOMAIN_BANDWIDTH_OUT_AVERAGE,
  VIR_DOMAIN_BANDWIDTH_OUT_BURST,
  VIR_DOMAIN_BANDWIDTH_OUT_PEAK,
} from '../../src/hypervisor/constants.js';
import type { TypedParameter } from '../../src/hypervisor/index.js';
import { CommandError, defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';
import { type BandwidthRate, parseRate } from './bandwidth-rate.js';
import { parametersShape, tune } from './tunable-parameters.js';

export default defineCommand({
  name: 'domiftune',
  group: 'domain',
  summary: 'get/set parameters of a virtual interface',
  description: "Get/set parameters of a domain's virtual interface.",
  manual: [
    'Shows or sets how much may go into and out of a network card of a guest: `--inbound average,peak,burst,floor` and `--outbound average,peak,burst`, in KiB/s (burst in KiB); 0 takes the limits away.',
  ],
  options: [
    domainOption(),
    {
      name: 'interface',
      type: 'string',
      required: true,
      completer: 'interface',
      help: 'interface device (MAC Address)',
    },
    { name: 'inbound', type: 'string', help: "control domain's incoming traffics" },
    { name: 'outbound', type: 'string', help: "control domain's outgoing traffics" },
    ...affectOptions,
  ],
  rules: [...affectRules],
  json: { oneOf: [parametersShape, { object: { message: 'string' } }] },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const device = args.text('interface');
    const flags = args.bits();
    const inbound = args.optional('inbound');
    const outbound = args.optional('outbound');
    const changes = [
      ...(inbound === undefined ? [] : inboundLimits(parseRate(inbound))),
      ...(outbound === undefined ? [] : outboundLimits(parseRate(outbound))),
    ];
    await tune(context, {
      changes,
      get: () => domain.getInterfaceParameters(device, flags),
      set: (parameters) => domain.setInterfaceParameters(device, parameters, flags),
      failures: {
        count: 'Unable to get number of interface parameters',
        get: 'Unable to get interface parameters',
        set: 'Unable to set interface parameters',
      },
    });
  },
});

const UINT_MAX = 2n ** 32n - 1n;

/** @throws CommandError in virsh's words. */
function inboundLimits({ average, peak, burst, floor }: BandwidthRate): TypedParameter[] {
  if ([average, peak, burst].some((value) => value > UINT_MAX)) {
    throw new CommandError(`inbound rate larger than maximum ${UINT_MAX}`);
  }
  if (average === 0n && (burst !== 0n || peak !== 0n) && floor === 0n) {
    throw new CommandError('either inbound average or floor is mandatory');
  }
  return [
    limit(VIR_DOMAIN_BANDWIDTH_IN_AVERAGE, average),
    ...(peak ? [limit(VIR_DOMAIN_BANDWIDTH_IN_PEAK, peak)] : []),
    ...(burst ? [limit(VIR_DOMAIN_BANDWIDTH_IN_BURST, burst)] : []),
    ...(floor ? [limit(VIR_DOMAIN_BANDWIDTH_IN_FLOOR, floor)] : []),
  ];
}

/** @throws CommandError in virsh's words. */
function outboundLimits({ average, peak, burst, floor }: BandwidthRate): TypedParameter[] {
  if ([average, peak, burst].some((value) => value > UINT_MAX)) {
    throw new CommandError(`outbound rate larger than maximum ${UINT_MAX}`);
  }
  if (average === 0n && (burst !== 0n || peak !== 0n))
    throw new CommandError('outbound average is mandatory');
  if (floor !== 0n) throw new CommandError('outbound floor is unsupported yet');
  return [
    limit(VIR_DOMAIN_BANDWIDTH_OUT_AVERAGE, average),
    ...(peak ? [limit(VIR_DOMAIN_BANDWIDTH_OUT_PEAK, peak)] : []),
    ...(burst ? [limit(VIR_DOMAIN_BANDWIDTH_OUT_BURST, burst)] : []),
  ];
}

const limit = (field: string, value: bigint): TypedParameter => ({
  field,
  type: 'uint',
  value: Number(value),
});
