import type { BlockdevOptions } from '../qmp/index.js';
import type { DescribedDisk } from './disk-xml.js';
import { refusal } from './refusals.js';

/** libvirt's cache modes: past the host's cache, without flushes, and whether the device has a write cache. */
const modes: Readonly<Record<string, { direct: boolean; 'no-flush': boolean; writeCache: boolean }>> = {
  default: { direct: false, 'no-flush': false, writeCache: true },
  writeback: { direct: false, 'no-flush': false, writeCache: true },
  none: { direct: true, 'no-flush': false, writeCache: true },
  writethrough: { direct: false, 'no-flush': false, writeCache: false },
  directsync: { direct: true, 'no-flush': false, writeCache: false },
  unsafe: { direct: false, 'no-flush': true, writeCache: true },
};

/** How a disk's image is opened. @param node its file's node has an `f` at the end. */
export function imageNode(
  { file, format, type, cache = 'default', io, readonly }: DescribedDisk,
  node: string,
): BlockdevOptions & { 'node-name': string } {
  const mode = modes[cache];
  if (!mode) throw refusal('configuration', `unknown disk cache mode '${cache}'`);
  if (io === 'native' && !mode.direct) {
    throw refusal(
      'configuration',
      'native I/O needs either no disk cache or directsync cache mode, QEMU will fallback to aio=threads',
    );
  }
  const caching = { direct: mode.direct, 'no-flush': mode['no-flush'] };
  return {
    driver: format,
    'node-name': node,
    'read-only': readonly,
    cache: caching,
    file: {
      driver: type === 'block' ? 'host_device' : 'file',
      'node-name': `${node}f`,
      filename: file,
      'read-only': readonly,
      cache: caching,
      ...(io === undefined ? {} : { aio: io === 'io_uring' ? 'io_uring' : io }),
    },
  };
}

/** Whether the guest's device is to have a write cache. */
export const hasWriteCache = ({ cache = 'default' }: DescribedDisk): boolean =>
  modes[cache]?.writeCache ?? true;
