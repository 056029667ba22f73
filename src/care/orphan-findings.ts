import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { foldersOf } from './chain-findings.js';
import type { ExaminedDomain } from './examined-domain.js';
import type { FoundGarbage } from './find-garbage.js';
import { type Finding, word, words } from './finding.js';
import { readImageHeader } from './image-header.js';
import { type Document, mentionOf } from './mentions.js';
import { OpenFiles } from './open-files.js';

/** A file that is not opened yet may be on its way to its user. In ms. */
const AGE_MS = 60_000;

/** Files that gc would remove. */
export const garbageFindings = (domain: string, uri: string, { remove }: FoundGarbage): Finding[] =>
  remove.map(({ file, origin, part }) => ({
    severity: 'warning',
    code: 'garbage',
    domain,
    file,
    message: `nothing refers to ${part === 'memory' ? 'the saved memory' : 'the image'} '${file}' (${origin})`,
    command: words('snapctl', '-c', uri, 'gc', domain, '--yes'),
  }));

/**
 * Overlays on a domain's images, and saved memory beside them, that nothing known refers to and that nobody knows snapctl
 * to have made: gc leaves them alone.
 */
export async function orphanFindings(
  domain: ExaminedDomain,
  documents: readonly Document[],
  garbage: FoundGarbage,
): Promise<Finding[]> {
  const images = domain.disks.flatMap((disk) => disk.images.map(({ file }) => file));
  const kept = domain.snapshots.flatMap(({ files }) => files.map(({ file }) => file));
  const known = new Set([...images, ...kept, ...garbage.remove.map(({ file }) => file)]);
  const open = await OpenFiles.look();
  const findings: Finding[] = [];
  for (const folder of foldersOf(domain)) {
    for (const name of await readdir(folder).catch(() => [])) {
      const file = join(folder, name);
      if (known.has(file)) continue;
      const kind = await orphanKind(file, known);
      if (!kind || mentionOf(file, documents) || (await open.whyInUse(file)) !== undefined) continue;
      findings.push({
        severity: 'note',
        code: kind === 'memory' ? 'orphaned-memory' : 'orphaned-image',
        domain: domain.name,
        file,
        message:
          kind === 'memory'
            ? `'${file}' is the saved memory of a guest, and no snapshot tells of it: remove it if it is of no use to you`
            : `'${file}' lies on an image of this domain, and nothing tells of it: remove it if it is of no use to you`,
        command: `rm -i -- ${word(file)}`,
      });
    }
  }
  return findings;
}

async function orphanKind(file: string, known: ReadonlySet<string>): Promise<'memory' | 'image' | undefined> {
  const found = await lstat(file).catch(() => undefined);
  if (!found?.isFile() || Date.now() - found.mtimeMs < AGE_MS) return undefined;
  const header = await readImageHeader(file).catch(() => undefined);
  if (header?.kind === 'memory') return 'memory';
  const seen = new Set<string>();
  for (let below = header?.backing; below?.startsWith('/') && !seen.has(below); ) {
    if (known.has(below)) return 'image';
    seen.add(below);
    below = (await readImageHeader(below).catch(() => undefined))?.backing;
  }
  return undefined;
}
