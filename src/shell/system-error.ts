import { getSystemErrorMap } from 'node:util';
import { CommandError } from './errors.js';

/** What C's strerror says of a Node error's code, where it differs from libuv's text. */
const cTexts = new Map<string, string>([
  ['ENOENT', 'No such file or directory'],
  ['EACCES', 'Permission denied'],
  ['EISDIR', 'Is a directory'],
  ['ENOTDIR', 'Not a directory'],
  ['EEXIST', 'File exists'],
  ['ENOSPC', 'No space left on device'],
  ['EROFS', 'Read-only file system'],
  ['EPERM', 'Operation not permitted'],
  ['ENAMETOOLONG', 'File name too long'],
  ['ELOOP', 'Too many levels of symbolic links'],
  ['EMFILE', 'Too many open files'],
]);

/** The text that C programs print for a failed system call. */
export function systemErrorText(error: unknown): string {
  const { code, errno } = error as NodeJS.ErrnoException;
  if (code && cTexts.has(code)) return cTexts.get(code) as string;
  const text = errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1];
  return text ?? (error instanceof Error ? error.message : String(error));
}

/** Runs a file operation, failing as virsh does: `<what>: <reason>`. @throws CommandError */
export async function orFileError<T>(what: string, step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    throw new CommandError(`${what}: ${systemErrorText(error)}`);
  }
}
