import { lstat } from 'node:fs/promises';
import type { ExaminedDomain, SnapshotFile } from './examined-domain.js';
import { type Finding, words } from './finding.js';

const whatItHolds = ({ part, disk }: SnapshotFile): string =>
  part === 'memory'
    ? 'its memory'
    : part === 'base'
      ? `the state of disk '${disk}'`
      : `what was written to disk '${disk}' afterwards`;

/** Snapshots whose files are gone, and saved memory that others may read. */
export async function snapshotFindings(domain: ExaminedDomain, uri: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { name, files } of domain.snapshots) {
    for (const each of files) {
      const { file, part } = each;
      const about = { domain: domain.name, file };
      const found = await lstat(file).catch((error: NodeJS.ErrnoException) => error);
      if (found instanceof Error) {
        if (found.code !== 'ENOENT') continue;
        findings.push({
          ...about,
          // Of later writes nothing is needed to go back.
          severity: part === 'overlay' ? 'warning' : 'error',
          code: 'snapshot-file-missing',
          message: `snapshot '${name}' has lost ${whatItHolds(each)}: there is no '${file}'`,
          command: words('snapctl', '-c', uri, 'snapshot-delete', domain.name, name, '--metadata'),
        });
      } else if (part === 'memory' && (found.mode & 0o077) !== 0) {
        findings.push({
          ...about,
          severity: 'warning',
          code: 'wrong-mode',
          message: `others than its owner may read the memory of snapshot '${name}' in '${file}', with all secrets in it`,
          command: words('chmod', '600', file),
        });
      }
    }
  }
  return findings;
}
