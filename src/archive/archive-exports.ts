import type { ArchiveReader } from './contract.js';
import type { NbdExtent } from './nbd-protocol.js';
import type { NbdExport } from './nbd-server.js';

/** Extents told at most in one answer. */
const MAX_EXTENTS = 512;

/** Disks of an archive as exports of an NBD server, each by the name of its stream. */
export const archiveExports = (
  archive: ArchiveReader,
  disks: readonly { readonly stream: string }[],
): NbdExport[] =>
  disks.map(({ stream }) => {
    const { size, kind } = archive.stream(stream);
    return {
      name: stream,
      size,
      read: (offset, length) => archive.read(stream, offset, length),
      extents:
        kind === 'disk'
          ? (offset, length) => collect(archive, stream, offset, length)
          : async (_, length) => [{ length, zero: false }],
    };
  });

async function collect(
  archive: ArchiveReader,
  stream: string,
  offset: number,
  length: number,
): Promise<NbdExtent[]> {
  const found: NbdExtent[] = [];
  const end = offset + length;
  let at = offset;
  // What the archive tells of reaches to whole blocks.
  for await (const extent of archive.extents(stream, offset, length)) {
    const stop = Math.min(extent.offset + extent.length, end);
    if (stop <= at) continue;
    found.push({ length: stop - at, zero: extent.zero });
    at = stop;
    if (at === end || found.length === MAX_EXTENTS) break;
  }
  return found;
}
