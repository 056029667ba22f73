import { VIR_ERR_NO_SUPPORT } from '../../src/hypervisor/constants.js';
import { HypervisorError, type StorageVolume } from '../../src/hypervisor/index.js';
import { CommandError, defineCommand, orFail } from '../../src/shell/index.js';
import { volumeOf } from './volume-option.js';

/** virStorageVolWipeAlgorithm, by number. */
const algorithms = [
  ...['zero', 'nnsa', 'dod', 'bsi', 'gutmann', 'schneier', 'pfitzner7', 'pfitzner33', 'random', 'trim'],
];

export default defineCommand({
  name: 'vol-wipe',
  group: 'volume',
  summary: 'wipe a vol',
  description: 'Ensure data previously on a volume is not accessible to future reads',
  options: [
    { name: 'vol', type: 'string', required: true, completer: 'volume', help: 'vol name, key or path' },
    { name: 'pool', type: 'string', completer: 'storage-pool', help: 'pool name or uuid' },
    { name: 'algorithm', type: 'string', values: algorithms, help: 'perform selected wiping algorithm' },
  ],
  json: { object: { name: 'string' } },
  long: true,
  async run(context, args) {
    const volume = await volumeOf(context, args);
    const name = args.text('vol');
    const wanted = args.optional('algorithm') ?? 'zero';
    const algorithm = algorithms.indexOf(wanted);
    if (algorithm < 0) throw new CommandError(`Unsupported algorithm '${wanted}'`);
    await orFail(`Failed to wipe vol ${name}`, wipe(volume, algorithm));
    context.emit({ name: volume.name });
    context.output.extra(`Vol ${name} wiped\n`);
  },
});

/** A hypervisor that knows no patterns knows how to write zeroes. */
async function wipe(volume: StorageVolume, algorithm: number): Promise<void> {
  try {
    await volume.wipePattern(algorithm);
  } catch (error) {
    if (algorithm !== 0 || !(error instanceof HypervisorError) || error.code !== VIR_ERR_NO_SUPPORT)
      throw error;
    await volume.wipe();
  }
}
