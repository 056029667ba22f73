import {
  VIR_MIGRATE_ABORT_ON_ERROR,
  VIR_MIGRATE_AUTO_CONVERGE,
  VIR_MIGRATE_CHANGE_PROTECTION,
  VIR_MIGRATE_COMPRESSED,
  VIR_MIGRATE_LIVE,
  VIR_MIGRATE_NON_SHARED_DISK,
  VIR_MIGRATE_NON_SHARED_INC,
  VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES,
  VIR_MIGRATE_OFFLINE,
  VIR_MIGRATE_PARALLEL,
  VIR_MIGRATE_PAUSED,
  VIR_MIGRATE_PEER2PEER,
  VIR_MIGRATE_PERSIST_DEST,
  VIR_MIGRATE_POSTCOPY,
  VIR_MIGRATE_POSTCOPY_RESUME,
  VIR_MIGRATE_RDMA_PIN_ALL,
  VIR_MIGRATE_TLS,
  VIR_MIGRATE_TUNNELLED,
  VIR_MIGRATE_UNDEFINE_SOURCE,
  VIR_MIGRATE_UNSAFE,
  VIR_MIGRATE_ZEROCOPY,
} from '../../src/hypervisor/constants.js';
import {
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  exclusive,
  JobProgress,
  requires,
  runDomainJob,
} from '../../src/shell/index.js';
import { Escalation } from './migration-escalation.js';
import { migrationParameters } from './migration-parameters.js';

export default defineCommand({
  name: 'migrate',
  group: 'domain',
  summary: 'migrate domain to another host',
  description: 'Migrate domain to another host.  Add --live for live migration.',
  manual: [
    'Moves a guest to another host: `migrate guest qemu+ssh://other/system --live --persistent`. Its disks have to be reachable there under the same paths, or be copied with --copy-storage-all. With --live it runs on meanwhile and stands still only at the end.',
    "Without --p2p and --direct this process connects to both hosts; with --p2p the source's daemon does it, and this process may end. With --timeout a live migration that takes longer has the guest suspended (--timeout-suspend) or switched to post-copy (--timeout-postcopy). An interrupt aborts the migration: the guest stays where it is.",
  ],
  options: [
    domainOption(),
    {
      name: 'desturi',
      type: 'string',
      required: true,
      help: 'connection URI of the destination host as seen from the client(normal migration) or source(p2p migration)',
    },
    { name: 'live', type: 'flag', bit: VIR_MIGRATE_LIVE, help: 'live migration' },
    { name: 'offline', type: 'flag', bit: VIR_MIGRATE_OFFLINE, help: 'offline migration' },
    { name: 'p2p', type: 'flag', bit: VIR_MIGRATE_PEER2PEER, help: 'peer-2-peer migration' },
    { name: 'direct', type: 'flag', help: 'direct migration' },
    { name: 'tunnelled', type: 'flag', bit: VIR_MIGRATE_TUNNELLED, help: 'tunnelled migration' },
    { name: 'persistent', type: 'flag', bit: VIR_MIGRATE_PERSIST_DEST, help: 'persist VM on destination' },
    { name: 'undefinesource', type: 'flag', bit: VIR_MIGRATE_UNDEFINE_SOURCE, help: 'undefine VM on source' },
    {
      name: 'suspend',
      type: 'flag',
      bit: VIR_MIGRATE_PAUSED,
      help: 'do not restart the domain on the destination host',
    },
    {
      name: 'copy-storage-all',
      type: 'flag',
      bit: VIR_MIGRATE_NON_SHARED_DISK,
      help: 'migration with non-shared storage with full disk copy',
    },
    {
      name: 'copy-storage-inc',
      type: 'flag',
      bit: VIR_MIGRATE_NON_SHARED_INC,
      help: 'migration with non-shared storage with incremental copy (same base image shared between source and destination)',
    },
    {
      name: 'copy-storage-synchronous-writes',
      type: 'flag',
      bit: VIR_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES,
      help: 'force guest disk writes to be synchronously written to the destination to improve storage migration convergence',
    },
    {
      name: 'change-protection',
      type: 'flag',
      bit: VIR_MIGRATE_CHANGE_PROTECTION,
      help: 'prevent any configuration changes to domain until migration ends',
    },
    {
      name: 'unsafe',
      type: 'flag',
      bit: VIR_MIGRATE_UNSAFE,
      help: 'force migration even if it may be unsafe',
    },
    { name: 'verbose', type: 'flag', help: 'display the progress of migration' },
    {
      name: 'compressed',
      type: 'flag',
      bit: VIR_MIGRATE_COMPRESSED,
      help: 'compress repeated pages during live migration',
    },
    {
      name: 'auto-converge',
      type: 'flag',
      bit: VIR_MIGRATE_AUTO_CONVERGE,
      help: 'force convergence during live migration',
    },
    {
      name: 'rdma-pin-all',
      type: 'flag',
      bit: VIR_MIGRATE_RDMA_PIN_ALL,
      help: 'pin all memory before starting RDMA live migration',
    },
    {
      name: 'abort-on-error',
      type: 'flag',
      bit: VIR_MIGRATE_ABORT_ON_ERROR,
      help: 'abort on soft errors during migration',
    },
    {
      name: 'postcopy',
      type: 'flag',
      bit: VIR_MIGRATE_POSTCOPY,
      help: 'enable post-copy migration; switch to it using migrate-postcopy command',
    },
    {
      name: 'postcopy-after-precopy',
      type: 'flag',
      help: 'automatically switch to post-copy migration after one pass of pre-copy',
    },
    {
      name: 'postcopy-resume',
      type: 'flag',
      bit: VIR_MIGRATE_POSTCOPY_RESUME,
      help: 'resume failed post-copy migration',
    },
    {
      name: 'zerocopy',
      type: 'flag',
      bit: VIR_MIGRATE_ZEROCOPY,
      help: 'use zero-copy mechanism for migrating memory pages',
    },
    { name: 'migrateuri', type: 'string', help: 'migration URI, usually can be omitted' },
    { name: 'graphicsuri', type: 'string', help: 'graphics URI to be used for seamless graphics migration' },
    {
      name: 'listen-address',
      type: 'string',
      help: 'listen address that destination should bind to for incoming migration',
    },
    { name: 'dname', type: 'string', help: 'rename to new name during migration (if supported)' },
    {
      name: 'timeout',
      type: 'int',
      help: 'run action specified by --timeout-* option (suspend by default) if live migration exceeds timeout (in seconds)',
    },
    { name: 'timeout-suspend', type: 'flag', help: 'suspend the guest after timeout' },
    { name: 'timeout-postcopy', type: 'flag', help: 'switch to post-copy after timeout' },
    {
      name: 'xml',
      type: 'string',
      completer: 'path',
      help: 'filename containing updated XML for the target',
    },
    {
      name: 'migrate-disks',
      type: 'string',
      completer: 'disk-target',
      help: 'comma separated list of disks to be migrated',
    },
    { name: 'disks-port', type: 'int', help: 'port to use by target server for incoming disks migration' },
    { name: 'disks-uri', type: 'string', help: 'URI to use for disks migration (overrides --disks-port)' },
    {
      name: 'comp-methods',
      type: 'string',
      values: ['xbzrle', 'mt'],
      valueList: true,
      help: 'comma separated list of compression methods to be used',
    },
    { name: 'comp-mt-level', type: 'int', help: 'compress level for multithread compression' },
    {
      name: 'comp-mt-threads',
      type: 'int',
      help: 'number of compression threads for multithread compression',
    },
    {
      name: 'comp-mt-dthreads',
      type: 'int',
      help: 'number of decompression threads for multithread compression',
    },
    { name: 'comp-xbzrle-cache', type: 'int', help: 'page cache size for xbzrle compression' },
    { name: 'auto-converge-initial', type: 'int', help: 'initial CPU throttling rate for auto-convergence' },
    {
      name: 'auto-converge-increment',
      type: 'int',
      help: 'CPU throttling rate increment for auto-convergence',
    },
    {
      name: 'persistent-xml',
      type: 'string',
      completer: 'path',
      help: 'filename containing updated persistent XML for the target',
    },
    { name: 'tls', type: 'flag', bit: VIR_MIGRATE_TLS, help: 'use TLS for migration' },
    { name: 'postcopy-bandwidth', type: 'int', help: 'post-copy migration bandwidth limit in MiB/s' },
    { name: 'parallel', type: 'flag', bit: VIR_MIGRATE_PARALLEL, help: 'enable parallel migration' },
    { name: 'parallel-connections', type: 'int', help: 'number of connections for parallel migration' },
    { name: 'bandwidth', type: 'int', help: 'migration bandwidth limit in MiB/s' },
    {
      name: 'tls-destination',
      type: 'string',
      help: 'override the destination host name used for TLS verification',
    },
  ],
  rules: [
    exclusive('live', 'offline'),
    exclusive('timeout-suspend', 'timeout-postcopy'),
    requires('postcopy-after-precopy', 'postcopy'),
    requires('postcopy-resume', 'postcopy'),
  ],
  long: true,
  async run(context, args) {
    const domain = await domainOf(context, args);
    const timeout = args.timeout();
    if (timeout !== undefined && !args.flag('live')) {
      throw new CommandError('migrate: Unexpected timeout for offline migration');
    }
    if (timeout === undefined && (args.flag('timeout-suspend') || args.flag('timeout-postcopy'))) {
      throw new CommandError('migrate: Unexpected --timeout-* option without --timeout');
    }
    if (
      args.flag('copy-storage-synchronous-writes') &&
      !args.flag('copy-storage-all') &&
      !args.flag('copy-storage-inc')
    ) {
      throw new CommandError(
        "'--copy-storage-synchronous-writes' requires one of '--copy-storage-all', 'copy-storage-inc'",
      );
    }
    const uri = args.text('desturi');
    const parameters = await migrationParameters(args);
    const flags = args.bits();
    const move = () =>
      args.flag('p2p') || args.flag('direct')
        ? domain.migrateToURI3(uri, parameters, flags)
        : domain.migrate3(uri, parameters, flags);
    const toPostCopy = args.flag('timeout-postcopy');
    const progress = args.flag('verbose') ? new JobProgress(context, 'Migration') : undefined;
    const escalation = new Escalation(context.connection, domain);
    if (args.flag('postcopy-after-precopy')) await escalation.afterFirstPass();
    if (timeout !== undefined) escalation.after(timeout, toPostCopy);
    try {
      await runDomainJob(
        context,
        domain,
        move,
        progress ? { onProgress: (job) => progress.report(job) } : {},
      );
    } finally {
      await escalation.end();
    }
    progress?.done();
  },
});
