/** strerror's words for the errors that a path can give, as libvirt prints them. */
const words: Readonly<Record<string, string>> = {
  EACCES: 'Permission denied',
  ECONNREFUSED: 'Connection refused',
  EEXIST: 'File exists',
  EIO: 'Input/output error',
  ELOOP: 'Too many levels of symbolic links',
  ENAMETOOLONG: 'File name too long',
  ENOENT: 'No such file or directory',
  ENOSPC: 'No space left on device',
  ENOTDIR: 'Not a directory',
  EPERM: 'Operation not permitted',
  EROFS: 'Read-only file system',
  ETIMEDOUT: 'Connection timed out',
};

/** What an errno name of Node's means; the name itself for those that no path gives. */
export const errnoWords = (code: string | undefined): string => words[code ?? ''] ?? code ?? 'Unknown error';
