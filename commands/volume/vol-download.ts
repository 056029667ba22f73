import { rm } from 'node:fs/promises';
import { VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM } from '../../src/hypervisor/constants.js';
import { CommandError, defineCommand, orFail } from '../../src/shell/index.js';
import { receiveVolume } from './receive-volume.js';
import { transfer } from './transfer.js';
import { openTarget } from './transfer-file.js';
import { volumeOf } from './volume-option.js';

export default defineCommand({
  name: 'vol-download',
  group: 'volume',
  summary: 'download volume contents to a file',
  description: 'Download volume contents to a file',
  options: [
    { name: 'vol', type: 'string', required: true, completer: 'volume', help: 'vol name, key or path' },
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'file' },
    { name: 'pool', type: 'string', completer: 'storage-pool', help: 'pool name or uuid' },
    { name: 'offset', type: 'int', help: 'volume offset to download from' },
    { name: 'length', type: 'int', help: 'amount of data to download' },
    {
      name: 'sparse',
      type: 'flag',
      bit: VIR_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM,
      help: 'preserve sparseness of volume',
    },
  ],
  json: { object: { name: 'string', file: 'string', bytes: 'integer' } },
  long: true,
  async run(context, args) {
    const offset = args.ulonglong('offset') ?? 0n;
    const length = args.wrapped('length') ?? 0n;
    const volume = await volumeOf(context, args);
    const [name, file] = [args.text('vol'), args.text('file')];
    const { handle, created } = await openTarget(file).catch(() => {
      throw new CommandError(`cannot create ${file}`);
    });
    let bytes = 0n;
    try {
      await transfer(context, name, async (stream) => {
        await orFail(
          `cannot download from volume ${name}`,
          volume.download(stream, offset, length, args.bits()),
        );
        const sparse = args.flag('sparse');
        bytes = await orFail(
          `cannot receive data from volume ${name}`,
          receiveVolume(context, stream, handle, sparse),
        );
      });
    } catch (error) {
      if (created) await rm(file, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
    context.emit({ name: volume.name, file, bytes });
  },
});
