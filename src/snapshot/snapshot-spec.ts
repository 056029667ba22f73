/** Where a disk's or the memory's state goes, as a user asks for it: the values of --memspec and --diskspec. */

export interface MemorySpec {
  /** `external`, `internal` or `no`; as given, the hypervisor judges it. */
  readonly snapshot?: string;
  readonly file?: string;
}

export interface DiskSpec {
  /** A target such as `vda`, or the path of the disk's present image. */
  readonly name: string;
  /** `external`, `internal`, `no` or `manual`; as given. */
  readonly snapshot?: string;
  /** Format of the new image, for example `qcow2`. */
  readonly driver?: string;
  /** What kind of thing `file` is. */
  readonly type?: 'file' | 'block';
  readonly file?: string;
}

/**
 * Reads `[file=]name[,snapshot=type]`; a name without `file=` must be an absolute path.
 * @param elements the value, already split at its commas.
 * @returns undefined if it is malformed: an unknown key, a key given twice, or anything else in it.
 */
export function parseMemorySpec(elements: readonly string[]): MemorySpec | undefined {
  const spec: { snapshot?: string; file?: string } = {};
  for (const element of elements) {
    if (take(spec, 'snapshot', element) || take(spec, 'file', element)) continue;
    if (spec.file !== undefined || !element.startsWith('/')) return undefined;
    spec.file = element;
  }
  return spec;
}

/** Thrown for a storage type that is neither `file` nor `block`. */
export class UnknownStorageType extends Error {
  override readonly name = 'UnknownStorageType';

  constructor(type: string) {
    super(`Unknown storage type: '${type}'`);
  }
}

/**
 * Reads `disk[,snapshot=type][,driver=type][,stype=type][,file=name]`.
 * @param elements the value, already split at its commas.
 * @returns undefined if it is malformed.
 * @throws UnknownStorageType
 */
export function parseDiskSpec(elements: readonly string[]): DiskSpec | undefined {
  const [name, ...rest] = elements;
  if (name === undefined) return undefined;
  const spec: { snapshot?: string; driver?: string; stype?: string; file?: string } = {};
  for (const element of rest) {
    const taken = (['snapshot', 'driver', 'stype', 'file'] as const).some((key) => take(spec, key, element));
    if (!taken) return undefined;
  }
  const { stype, ...kept } = spec;
  if (stype === undefined) return { name, ...kept };
  if (stype !== 'file' && stype !== 'block') throw new UnknownStorageType(stype);
  return { name, ...kept, type: stype };
}

/** Sets `key` from an element `key=value`, once. @returns whether it did. */
function take<K extends string>(spec: { [key in K]?: string }, key: K, element: string): boolean {
  if (spec[key] !== undefined || !element.startsWith(`${key}=`)) return false;
  spec[key] = element.slice(key.length + 1);
  return true;
}
