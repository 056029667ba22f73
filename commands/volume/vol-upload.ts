import { open } from 'node:fs/promises';
import { VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM } from '../../src/hypervisor/constants.js';
import { CommandError, defineCommand, orFail } from '../../src/shell/index.js';
import { sendVolume } from './send-volume.js';
import { transfer } from './transfer.js';
import { volumeOf } from './volume-option.js';

export default defineCommand({
  name: 'vol-upload',
  group: 'volume',
  summary: 'upload file contents to a volume',
  description: 'Upload file contents to a volume',
  options: [
    { name: 'vol', type: 'string', required: true, completer: 'volume', help: 'vol name, key or path' },
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'file' },
    { name: 'pool', type: 'string', completer: 'storage-pool', help: 'pool name or uuid' },
    { name: 'offset', type: 'int', help: 'volume offset to upload to' },
    { name: 'length', type: 'int', help: 'amount of data to upload' },
    {
      name: 'sparse',
      type: 'flag',
      bit: VIR_STORAGE_VOL_UPLOAD_SPARSE_STREAM,
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
    const source = await open(file, 'r').catch(() => {
      throw new CommandError(`cannot read ${file}`);
    });
    let bytes = 0n;
    try {
      await transfer(context, name, async (stream) => {
        await orFail(`cannot upload to volume ${name}`, volume.upload(stream, offset, length, args.bits()));
        const sparse = args.flag('sparse');
        bytes = await orFail(
          `cannot send data to volume ${name}`,
          sendVolume(context, stream, source, sparse),
        );
      });
    } finally {
      await source.close();
    }
    context.emit({ name: volume.name, file, bytes });
  },
});
