import { VIR_DOMAIN_BLOCK_IOTUNE_GROUP_NAME } from '../../src/hypervisor/constants.js';
import type { TypedParameter } from '../../src/hypervisor/index.js';
import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';
import { parametersShape, readOptions, tune } from './tunable-parameters.js';

export default defineCommand({
  name: 'blkdeviotune',
  group: 'domain',
  summary: 'Set or query a block device I/O tuning parameters.',
  description: 'Set or query disk I/O parameters such as block throttling.',
  manual: [
    'Shows or sets how much a disk may be read and written: bytes and operations a second, together or each for itself, 0 for as much as it likes. The -max limits are those of a burst, which lasts as long as -max-length says. Disks with the same --group-name share their limits.',
  ],
  options: [
    domainOption(),
    { name: 'device', type: 'string', required: true, completer: 'disk-target', help: 'block device' },
    { name: 'total_bytes_sec', type: 'alias', target: 'total-bytes-sec', help: '' },
    {
      name: 'total-bytes-sec',
      type: 'scaled',
      help: 'total throughput limit, as scaled integer (default bytes)',
    },
    { name: 'read_bytes_sec', type: 'alias', target: 'read-bytes-sec', help: '' },
    {
      name: 'read-bytes-sec',
      type: 'scaled',
      help: 'read throughput limit, as scaled integer (default bytes)',
    },
    { name: 'write_bytes_sec', type: 'alias', target: 'write-bytes-sec', help: '' },
    {
      name: 'write-bytes-sec',
      type: 'scaled',
      help: 'write throughput limit, as scaled integer (default bytes)',
    },
    { name: 'total_iops_sec', type: 'alias', target: 'total-iops-sec', help: '' },
    { name: 'total-iops-sec', type: 'int', help: 'total I/O operations limit per second' },
    { name: 'read_iops_sec', type: 'alias', target: 'read-iops-sec', help: '' },
    { name: 'read-iops-sec', type: 'int', help: 'read I/O operations limit per second' },
    { name: 'write_iops_sec', type: 'alias', target: 'write-iops-sec', help: '' },
    { name: 'write-iops-sec', type: 'int', help: 'write I/O operations limit per second' },
    { name: 'total_bytes_sec_max', type: 'alias', target: 'total-bytes-sec-max', help: '' },
    { name: 'total-bytes-sec-max', type: 'scaled', help: 'total max, as scaled integer (default bytes)' },
    { name: 'read_bytes_sec_max', type: 'alias', target: 'read-bytes-sec-max', help: '' },
    { name: 'read-bytes-sec-max', type: 'scaled', help: 'read max, as scaled integer (default bytes)' },
    { name: 'write_bytes_sec_max', type: 'alias', target: 'write-bytes-sec-max', help: '' },
    { name: 'write-bytes-sec-max', type: 'scaled', help: 'write max, as scaled integer (default bytes)' },
    { name: 'total_iops_sec_max', type: 'alias', target: 'total-iops-sec-max', help: '' },
    { name: 'total-iops-sec-max', type: 'int', help: 'total I/O operations max' },
    { name: 'read_iops_sec_max', type: 'alias', target: 'read-iops-sec-max', help: '' },
    { name: 'read-iops-sec-max', type: 'int', help: 'read I/O operations max' },
    { name: 'write_iops_sec_max', type: 'alias', target: 'write-iops-sec-max', help: '' },
    { name: 'write-iops-sec-max', type: 'int', help: 'write I/O operations max' },
    { name: 'size_iops_sec', type: 'alias', target: 'size-iops-sec', help: '' },
    { name: 'size-iops-sec', type: 'int', help: 'I/O size in bytes' },
    { name: 'group_name', type: 'alias', target: 'group-name', help: '' },
    { name: 'group-name', type: 'string', help: 'group name to share I/O quota between multiple drives' },
    { name: 'total_bytes_sec_max_length', type: 'alias', target: 'total-bytes-sec-max-length', help: '' },
    { name: 'total-bytes-sec-max-length', type: 'int', help: 'duration in seconds to allow total max bytes' },
    { name: 'read_bytes_sec_max_length', type: 'alias', target: 'read-bytes-sec-max-length', help: '' },
    { name: 'read-bytes-sec-max-length', type: 'int', help: 'duration in seconds to allow read max bytes' },
    { name: 'write_bytes_sec_max_length', type: 'alias', target: 'write-bytes-sec-max-length', help: '' },
    { name: 'write-bytes-sec-max-length', type: 'int', help: 'duration in seconds to allow write max bytes' },
    { name: 'total_iops_sec_max_length', type: 'alias', target: 'total-iops-sec-max-length', help: '' },
    {
      name: 'total-iops-sec-max-length',
      type: 'int',
      help: 'duration in seconds to allow total I/O operations max',
    },
    { name: 'read_iops_sec_max_length', type: 'alias', target: 'read-iops-sec-max-length', help: '' },
    {
      name: 'read-iops-sec-max-length',
      type: 'int',
      help: 'duration in seconds to allow read I/O operations max',
    },
    { name: 'write_iops_sec_max_length', type: 'alias', target: 'write-iops-sec-max-length', help: '' },
    {
      name: 'write-iops-sec-max-length',
      type: 'int',
      help: 'duration in seconds to allow write I/O operations max',
    },
    ...affectOptions,
  ],
  rules: [...affectRules],
  json: { oneOf: [parametersShape, { object: { message: 'string' } }] },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const device = args.text('device');
    const flags = args.bits();
    const integers = (
      names: readonly string[],
      read: (name: never) => bigint | undefined,
    ): TypedParameter[] =>
      names.flatMap((name) => {
        const value = readOptions('Unable to parse integer parameter', () => read(name as never));
        return value === undefined
          ? []
          : [{ field: name.replaceAll('-', '_'), type: 'ullong' as const, value }];
      });
    const changes = integers(byteLimits, (name) => args.scaled(name, 1));
    const group = readOptions('Unable to parse group-name parameter', () => args.optional('group-name'));
    if (group !== undefined)
      changes.push({ field: VIR_DOMAIN_BLOCK_IOTUNE_GROUP_NAME, type: 'string', value: group });
    changes.push(...integers(otherLimits, (name) => args.ulonglong(name)));
    await tune(context, {
      changes,
      get: () => domain.getBlockIoTune(device, flags),
      set: (parameters) => domain.setBlockIoTune(device, parameters, flags),
      failures: {
        count: 'Unable to get number of block I/O throttle parameters',
        get: 'Unable to get block I/O throttle parameters',
        set: 'Unable to change block I/O throttle',
      },
    });
  },
});

// libvirt's names of these parameters are those of the options, with other dashes.
const kinds = ['total', 'read', 'write'] as const;
const named = (...ends: string[]): string[] => ends.flatMap((end) => kinds.map((kind) => `${kind}-${end}`));
const byteLimits = named('bytes-sec', 'bytes-sec-max');
const otherLimits = [
  ...named('iops-sec', 'iops-sec-max'),
  'size-iops-sec',
  ...named('bytes-sec-max-length', 'iops-sec-max-length'),
];
