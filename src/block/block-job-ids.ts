import { randomBytes } from 'node:crypto';

/** Jobs are called as libvirt calls them, `commit-vda-…`, so that whoever hears of one knows its disk. */
export const blockJobId = (word: 'pull' | 'copy' | 'commit' | 'backup', target: string): string =>
  `${word}-${target.replace(/[^0-9A-Za-z_.-]/g, '_')}-snapctl-${randomBytes(3).toString('hex')}`;

/** The target in the id of a job of ours; undefined for others'. */
export const targetInJobId = (id: string): string | undefined =>
  /^(?:pull|copy|commit|backup)-(.+)-snapctl-[0-9a-f]{6}$/.exec(id)?.[1];
