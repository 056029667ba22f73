import type { ArchiveInfo, StreamInfo } from '../../src/archive/index.js';
import type { JsonShape } from '../../src/shell/index.js';

export const streamShape: JsonShape = {
  object: {
    name: 'string',
    kind: 'string',
    size: 'integer',
    blocks: {
      object: {
        zero: 'integer',
        raw: 'integer',
        compressed: 'integer',
        shared: 'integer',
        base: 'integer',
        patch: 'integer',
        storedBytes: 'integer',
      },
    },
  },
};

export const archiveShape: JsonShape = {
  object: {
    path: 'string',
    version: 'integer',
    uuid: 'string',
    created: 'integer',
    comment: 'string',
    blockSize: 'integer',
    encrypted: 'boolean',
    dictionary: 'boolean',
    bytes: 'integer',
    indexHash: 'string',
    'base?': { object: { uuid: 'string', indexHash: 'string', name: 'string' } },
    streams: { list: streamShape },
  },
};

/** Plain bytes in all streams. */
export const plainBytes = ({ streams }: ArchiveInfo): number =>
  streams.reduce((sum, { size }) => sum + size, 0);

/** How many blocks a stream has. */
export const blockCount = ({ blocks }: StreamInfo): number =>
  blocks.zero + blocks.raw + blocks.compressed + blocks.shared + blocks.base + blocks.patch;
