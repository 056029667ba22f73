/** The names that streams may have; none is a path that leaves a folder. */
export type NamedKind = 'memory' | 'disk' | 'bytes' | 'document';

const DISK = /^disk\/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}$/;
const OTHER = /^[a-z][a-z0-9_.-]{0,63}$/;

export function isStreamName(name: string, kind: NamedKind): boolean {
  if (kind === 'memory') return name === 'memory';
  if (kind === 'disk') return DISK.test(name);
  return OTHER.test(name) && name !== 'memory';
}
