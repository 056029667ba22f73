import { execFile } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { realFile } from './real-file.js';

const TIMEOUT_MS = 60_000;

/** What an image's file says of itself. */
export interface ImageInfo {
  /** Real path; undefined if it lies on nothing. */
  readonly backing: string | undefined;
  readonly backingFormat: string | undefined;
  /** Bytes on the host's disk. */
  readonly bytes: number;
  /** Bytes the guest sees. */
  readonly size: number;
  /** Names of the snapshots inside. */
  readonly tags: readonly string[];
}

/**
 * Reads an image's header, also while QEMU writes to the image.
 * @param format never guessed: a guest can make its raw disk look like an image that lies on any file of the host.
 * @throws Error there is no such file, or it is not of this format.
 */
export async function readImageInfo(file: string, format: string): Promise<ImageInfo> {
  const words = ['info', '-U', '-f', format, '--output=json', '--', file];
  const { stdout } = await promisify(execFile)('qemu-img', words, { timeout: TIMEOUT_MS });
  const info = JSON.parse(stdout) as {
    'virtual-size': number;
    'actual-size'?: number;
    'backing-filename'?: string;
    'full-backing-filename'?: string;
    'backing-filename-format'?: string;
    snapshots?: { name: string }[];
  };
  const backing = info['full-backing-filename'] ?? info['backing-filename'];
  const isPath = backing !== undefined && !/^[^/]*:/.test(backing);
  return {
    backing: isPath ? await realFile(resolve(dirname(file), backing)) : backing,
    backingFormat: info['backing-filename-format'],
    bytes: info['actual-size'] ?? 0,
    size: info['virtual-size'],
    tags: (info.snapshots ?? []).map(({ name }) => name),
  };
}
