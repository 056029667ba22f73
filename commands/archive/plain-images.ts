import { basename, resolve } from 'node:path';
import type { ArchiveFacts, ArchiveFormat, ArchiveProgress } from '../../src/hypervisor/index.js';
import { CommandError } from '../../src/shell/index.js';

interface PlainImage {
  readonly name: string;
  readonly format: string;
  readonly file: string;
}

/** Archives images that belong to no domain. @param values of --image. */
export async function archivePlainImages(
  values: readonly string[],
  file: string,
  options: ArchiveFormat & {
    readonly signal: AbortSignal;
    readonly onProgress?: (progress: ArchiveProgress) => void;
  },
): Promise<ArchiveFacts> {
  const images = values.map(readImage);
  const { streamName } = await import('../../src/archive/archived-domain.js');
  const { checkArchiveFile } = await import('../../src/snapshot/archive-create.js');
  const { archiveImages, imageFacts } = await import('../../src/snapshot/archive-images.js');
  const started = performance.now();
  await checkArchiveFile(file);
  const taken = new Set<string>();
  const still = images.map(({ name, format, file: image }) => {
    const stream = streamName(name, taken);
    taken.add(stream);
    return { stream: `disk/${stream}`, file: image, format };
  });
  const archive = await archiveImages(file, still, {
    ...options,
    xml: undefined,
    domain: {
      version: 1,
      name: images[0]?.name ?? '',
      uuid: '00000000-0000-0000-0000-000000000000',
      takenAt: new Date().toISOString(),
      running: false,
      frozen: false,
      memory: null,
      method: 'none',
      origin: 'images',
      launch: null,
      disks: still.map(({ stream, file: image }, index) => ({
        stream,
        target: images[index]?.name ?? '',
        names: [images[index]?.name ?? ''],
        chain: [image],
      })),
    },
  });
  return imageFacts(file, archive, started);
}

/** `[NAME=][FORMAT:]PATH`. The format is never guessed from what is in an image: qcow2 by its name, or raw. */
function readImage(value: string): PlainImage {
  const [, name, format, path = ''] = /^(?:([^/=:]+)=)?(?:([a-z][a-z0-9]*):)?(.+)$/s.exec(value) ?? [];
  if (path === '') throw new CommandError(`unable to parse image: ${value}`);
  const ending = /\.([^./]+)$/.exec(path)?.[1];
  return {
    name: name ?? basename(path).replace(/\.[^.]*$/, ''),
    format: format ?? (ending === 'qcow2' ? 'qcow2' : 'raw'),
    file: resolve(path),
  };
}
