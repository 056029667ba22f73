import {
  VIR_MIGRATE_PARAM_AUTO_CONVERGE_INCREMENT,
  VIR_MIGRATE_PARAM_AUTO_CONVERGE_INITIAL,
  VIR_MIGRATE_PARAM_BANDWIDTH,
  VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY,
  VIR_MIGRATE_PARAM_COMPRESSION,
  VIR_MIGRATE_PARAM_COMPRESSION_MT_DTHREADS,
  VIR_MIGRATE_PARAM_COMPRESSION_MT_LEVEL,
  VIR_MIGRATE_PARAM_COMPRESSION_MT_THREADS,
  VIR_MIGRATE_PARAM_COMPRESSION_XBZRLE_CACHE,
  VIR_MIGRATE_PARAM_DEST_NAME,
  VIR_MIGRATE_PARAM_DEST_XML,
  VIR_MIGRATE_PARAM_DISKS_PORT,
  VIR_MIGRATE_PARAM_DISKS_URI,
  VIR_MIGRATE_PARAM_GRAPHICS_URI,
  VIR_MIGRATE_PARAM_LISTEN_ADDRESS,
  VIR_MIGRATE_PARAM_MIGRATE_DISKS,
  VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS,
  VIR_MIGRATE_PARAM_PERSIST_XML,
  VIR_MIGRATE_PARAM_TLS_DESTINATION,
  VIR_MIGRATE_PARAM_URI,
} from '../../src/hypervisor/constants.js';
import type { TypedParameter } from '../../src/hypervisor/index.js';
import { type Arguments, CommandError, readTextFile } from '../../src/shell/index.js';

type Options = Pick<Arguments, 'has' | 'optional' | 'int' | 'ulonglong'>;

/** Which parameter each option is, and how it is read: in virsh's order, which tells the first mistake first. */
const options: readonly (readonly [string, string, 'string' | 'list' | 'file' | 'int' | 'ullong'])[] = [
  ['migrateuri', VIR_MIGRATE_PARAM_URI, 'string'],
  ['graphicsuri', VIR_MIGRATE_PARAM_GRAPHICS_URI, 'string'],
  ['listen-address', VIR_MIGRATE_PARAM_LISTEN_ADDRESS, 'string'],
  ['disks-port', VIR_MIGRATE_PARAM_DISKS_PORT, 'int'],
  ['disks-uri', VIR_MIGRATE_PARAM_DISKS_URI, 'string'],
  ['dname', VIR_MIGRATE_PARAM_DEST_NAME, 'string'],
  ['migrate-disks', VIR_MIGRATE_PARAM_MIGRATE_DISKS, 'list'],
  ['comp-methods', VIR_MIGRATE_PARAM_COMPRESSION, 'list'],
  ['comp-mt-level', VIR_MIGRATE_PARAM_COMPRESSION_MT_LEVEL, 'int'],
  ['comp-mt-threads', VIR_MIGRATE_PARAM_COMPRESSION_MT_THREADS, 'int'],
  ['comp-mt-dthreads', VIR_MIGRATE_PARAM_COMPRESSION_MT_DTHREADS, 'int'],
  ['comp-xbzrle-cache', VIR_MIGRATE_PARAM_COMPRESSION_XBZRLE_CACHE, 'ullong'],
  ['xml', VIR_MIGRATE_PARAM_DEST_XML, 'file'],
  ['persistent-xml', VIR_MIGRATE_PARAM_PERSIST_XML, 'file'],
  ['auto-converge-initial', VIR_MIGRATE_PARAM_AUTO_CONVERGE_INITIAL, 'int'],
  ['auto-converge-increment', VIR_MIGRATE_PARAM_AUTO_CONVERGE_INCREMENT, 'int'],
  ['bandwidth', VIR_MIGRATE_PARAM_BANDWIDTH, 'ullong'],
  ['postcopy-bandwidth', VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY, 'ullong'],
  ['parallel-connections', VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS, 'int'],
  ['tls-destination', VIR_MIGRATE_PARAM_TLS_DESTINATION, 'string'],
];

/** The parameters of a migration. @throws CommandError */
export async function migrationParameters(args: Options): Promise<TypedParameter[]> {
  const parameters: TypedParameter[] = [];
  for (const [option, field, kind] of options) {
    if (!args.has(option as never)) continue;
    parameters.push(...(await read(args, option as never, field, kind)));
  }
  return parameters;
}

async function read(
  args: Options,
  option: never,
  field: string,
  kind: 'string' | 'list' | 'file' | 'int' | 'ullong',
): Promise<TypedParameter[]> {
  if (kind === 'int') return [{ field, type: 'int', value: args.int(option) ?? 0 }];
  if (kind === 'ullong') return [{ field, type: 'ullong', value: args.ulonglong(option) ?? 0n }];
  const text = args.optional(option) ?? '';
  if (kind === 'string') return [{ field, type: 'string', value: text }];
  if (kind === 'list') return text.split(',').map((value) => ({ field, type: 'string', value }));
  try {
    return [{ field, type: 'string', value: await readTextFile(text) }];
  } catch (error) {
    throw new CommandError(`cannot read file '${text}'`, error);
  }
}
