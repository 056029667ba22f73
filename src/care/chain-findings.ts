import { dirname } from 'node:path';
import type { ExaminedDisk, ExaminedDomain, ExaminedImage } from './examined-domain.js';
import { type Finding, words } from './finding.js';

/** Whom QEMU runs as; root may do anything. */
export interface QemuUser {
  readonly uid: number;
  readonly gid: number;
}

/** What is wrong with the images that a domain's disks consist of. @param uri the connection's, for commands. */
export function chainFindings(domain: ExaminedDomain, uri: string, user: QemuUser | undefined): Finding[] {
  return domain.disks.flatMap((disk) =>
    disk.images.flatMap((image, index) => [
      ...imageFindings(domain, disk, index, uri),
      ...backingFindings(domain, disk, index),
      ...accessFindings(domain, image, user, index === 0 && !disk.readonly),
    ]),
  );
}

function imageFindings(domain: ExaminedDomain, disk: ExaminedDisk, index: number, uri: string): Finding[] {
  const image = disk.images[index] as ExaminedImage;
  const { problem, file, format } = image;
  if (!problem || problem.kind === 'elsewhere' || format === 'unknown') return [];
  const about = { severity: 'error', domain: domain.name, file } as const;
  const place = index === 0 ? `disk '${disk.target}' is on` : `the chain of disk '${disk.target}' needs`;
  const what = `${place} '${file}': ${problem.text}`;
  if (problem.kind === 'unreadable')
    return [
      {
        ...about,
        code: 'unreadable-image',
        message: what,
        command: words('qemu-img', 'info', '-U', '-f', format, file),
      },
    ];
  return [{ ...about, code: 'missing-image', message: what, command: rescue(domain, disk, file, uri) }];
}

/** As long as QEMU runs it has the file open, and can copy it; otherwise the disk is in the way of a start. */
function rescue(domain: ExaminedDomain, { target }: ExaminedDisk, file: string, uri: string): string {
  const own = ['snapctl', '-c', uri];
  if (!domain.running) return words(...own, 'detach-disk', domain.name, target, '--config');
  if (domain.facts) return words(...own, 'archive-create', domain.name, `${file}.rescued.snapctl`);
  return words(
    ...own,
    'blockcopy',
    domain.name,
    target,
    `${file}.rescued`,
    '--wait',
    '--pivot',
    '--transient-job',
  );
}

function backingFindings(
  domain: ExaminedDomain,
  { target, images, told }: ExaminedDisk,
  index: number,
): Finding[] {
  const { file, format, backing, backingFormat } = images[index] as ExaminedImage;
  const below = images[index + 1];
  const findings: Finding[] = [];
  const about = { domain: domain.name, file };
  if (backing !== undefined && backingFormat === undefined) {
    const guess = below && below.format !== 'unknown' ? below.format : 'FORMAT';
    findings.push({
      ...about,
      severity: 'warning',
      code: 'format-not-recorded',
      message: `'${file}' does not record the format of '${backing}', on which it lies`,
      command: words('qemu-img', 'rebase', '-u', '-f', format, '-F', guess, '-b', backing, file),
    });
  }
  const inside = index + 1 < told;
  if (inside && below && backing !== undefined && backing !== below.file) {
    findings.push({
      ...about,
      severity: 'error',
      code: 'header-disagrees',
      message: `disk '${target}': the guest has '${file}' on '${below.file}', its header says '${backing}'`,
      command: words('qemu-img', 'rebase', '-u', '-f', format, '-F', below.format, '-b', below.file, file),
    });
  }
  return findings;
}

const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0');

function accessFindings(
  domain: ExaminedDomain,
  { file, owner }: ExaminedImage,
  user: QemuUser | undefined,
  written: boolean,
): Finding[] {
  if (!owner) return [];
  const about = { domain: domain.name, file };
  const findings: Finding[] = [];
  const need = written ? 0o6 : 0o4;
  const has =
    user === undefined || user.uid === 0
      ? need
      : user.uid === owner.uid
        ? owner.mode >> 6
        : user.gid === owner.gid
          ? owner.mode >> 3
          : owner.mode;
  if (user && (has & need) !== need) {
    const own = user.uid === owner.uid;
    findings.push({
      ...about,
      severity: 'error',
      code: 'wrong-owner',
      message: `QEMU runs as ${user.uid}:${user.gid} and may not ${written ? 'write to' : 'read'} '${file}' (${owner.uid}:${owner.gid}, mode ${octal(owner.mode)})`,
      command: own
        ? words('chmod', written ? 'u+rw' : 'u+r', file)
        : words('chown', `${user.uid}:${user.gid}`, file),
    });
  }
  if ((owner.mode & 0o002) !== 0) {
    findings.push({
      ...about,
      severity: 'warning',
      code: 'wrong-mode',
      message: `anybody may write to '${file}' (mode ${octal(owner.mode)}), and so change what the guest runs`,
      command: words('chmod', 'o-w', file),
    });
  }
  return findings;
}

/** Folders that hold files of a domain. */
export function foldersOf({ disks, snapshots }: ExaminedDomain): Set<string> {
  const images = disks.flatMap(({ images: all }) => all.filter(({ owner }) => owner).map(({ file }) => file));
  const kept = snapshots.flatMap(({ files }) => files.map(({ file }) => file));
  return new Set([...images, ...kept].map((file) => dirname(file)));
}
