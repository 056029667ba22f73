import {
  VIR_DOMAIN_BLKIO_DEVICE_READ_BPS,
  VIR_DOMAIN_BLKIO_DEVICE_READ_IOPS,
  VIR_DOMAIN_BLKIO_DEVICE_WEIGHT,
  VIR_DOMAIN_BLKIO_DEVICE_WRITE_BPS,
  VIR_DOMAIN_BLKIO_DEVICE_WRITE_IOPS,
  VIR_DOMAIN_BLKIO_WEIGHT,
} from '../../src/hypervisor/constants.js';
import type { TypedParameter } from '../../src/hypervisor/index.js';
import { CommandError, defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';
import { parametersShape, tune } from './tunable-parameters.js';

export default defineCommand({
  name: 'blkiotune',
  group: 'domain',
  summary: 'Get or set blkio parameters',
  description:
    'Get or set the current blkio parameters for a guest domain.\n    To get the blkio parameters use following command: \n\n    virsh # blkiotune <domain>',
  manual: [
    "Shows or sets the share of the host's disks that a guest gets (its weight among other guests), as the kernel's cgroups deal it out, and limits for devices of the host. It needs cgroups; for limits of QEMU's own see blkdeviotune.",
  ],
  options: [
    domainOption(),
    { name: 'weight', type: 'int', help: 'IO Weight' },
    {
      name: 'device-weights',
      type: 'string',
      help: 'per-device IO Weights, in the form of /path/to/device,weight,...',
    },
    {
      name: 'device-read-iops-sec',
      type: 'string',
      help: 'per-device read I/O limit per second, in the form of /path/to/device,read_iops_sec,...',
    },
    {
      name: 'device-write-iops-sec',
      type: 'string',
      help: 'per-device write I/O limit per second, in the form of /path/to/device,write_iops_sec,...',
    },
    {
      name: 'device-read-bytes-sec',
      type: 'string',
      help: 'per-device bytes read per second, in the form of /path/to/device,read_bytes_sec,...',
    },
    {
      name: 'device-write-bytes-sec',
      type: 'string',
      help: 'per-device bytes wrote per second, in the form of /path/to/device,write_bytes_sec,...',
    },
    ...affectOptions,
  ],
  rules: [...affectRules],
  json: { oneOf: [parametersShape, { object: { message: 'string' } }] },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const flags = args.bits();
    const changes: TypedParameter[] = [];
    const weight = args.int('weight');
    if (weight !== undefined) {
      if (weight <= 0) throw new CommandError(`Invalid value of ${weight} for I/O weight`);
      changes.push({ field: VIR_DOMAIN_BLKIO_WEIGHT, type: 'uint', value: weight });
    }
    for (const [option, field] of deviceLimits) {
      const value = args.raw(option);
      if (value === '') throw new CommandError('Unable to parse string parameter');
      if (value !== undefined) changes.push({ field, type: 'string', value });
    }
    await tune(context, {
      changes,
      get: () => domain.getBlkioParameters(flags),
      set: (parameters) => domain.setBlkioParameters(parameters, flags),
      failures: {
        count: 'Unable to get number of blkio parameters',
        get: 'Unable to get blkio parameters',
        set: 'Unable to change blkio parameters',
      },
    });
  },
});

const deviceLimits = [
  ['device-weights', VIR_DOMAIN_BLKIO_DEVICE_WEIGHT],
  ['device-read-iops-sec', VIR_DOMAIN_BLKIO_DEVICE_READ_IOPS],
  ['device-write-iops-sec', VIR_DOMAIN_BLKIO_DEVICE_WRITE_IOPS],
  ['device-read-bytes-sec', VIR_DOMAIN_BLKIO_DEVICE_READ_BPS],
  ['device-write-bytes-sec', VIR_DOMAIN_BLKIO_DEVICE_WRITE_BPS],
] as const;
