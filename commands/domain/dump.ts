import {
  VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_LZO,
  VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_SNAPPY,
  VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_ZLIB,
  VIR_DOMAIN_CORE_DUMP_FORMAT_RAW,
  VIR_DOMAIN_CORE_DUMP_FORMAT_WIN_DMP,
  VIR_DUMP_BYPASS_CACHE,
  VIR_DUMP_CRASH,
  VIR_DUMP_LIVE,
  VIR_DUMP_MEMORY_ONLY,
  VIR_DUMP_RESET,
} from '../../src/hypervisor/constants.js';
import {
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  JobProgress,
  orFail,
  runDomainJob,
} from '../../src/shell/index.js';

const formats = new Map([
  ['elf', VIR_DOMAIN_CORE_DUMP_FORMAT_RAW],
  ['kdump-zlib', VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_ZLIB],
  ['kdump-lzo', VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_LZO],
  ['kdump-snappy', VIR_DOMAIN_CORE_DUMP_FORMAT_KDUMP_SNAPPY],
  ['win-dmp', VIR_DOMAIN_CORE_DUMP_FORMAT_WIN_DMP],
]);

export default defineCommand({
  name: 'dump',
  group: 'domain',
  summary: 'dump the core of a domain to a file for analysis',
  description: 'Core dump a domain.',
  manual: [
    'Writes the memory of a domain to a file for a debugger. The file belongs to the machine that the hypervisor runs on; a relative path is taken from the present directory. An existing file is overwritten; on a guest that is reached directly (qmp:) it is refused. A dump is not for going back: nothing restores it, use `save` or a snapshot for that.',
    'Without --memory-only the file is a migration stream; with it, a core file that crash and gdb read, in the --format given: elf, or one of the compressed kdump formats and win-dmp where QEMU has them built in. The guest stands still meanwhile unless --live is given (and the memory then changes while it is read). --crash leaves the domain crashed, --reset resets it afterwards.',
    'An interrupt aborts the dump: the guest runs on as before, no file is left and the exit status is 130. A dump with --memory-only can not be broken off in QEMU: it is carried to its end.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'file', type: 'string', required: true, completer: 'path', help: 'where to dump the core' },
    { name: 'live', type: 'flag', bit: VIR_DUMP_LIVE, help: 'perform a live core dump if supported' },
    { name: 'crash', type: 'flag', bit: VIR_DUMP_CRASH, help: 'crash the domain after core dump' },
    {
      name: 'bypass-cache',
      type: 'flag',
      bit: VIR_DUMP_BYPASS_CACHE,
      help: 'avoid file system cache when dumping',
    },
    { name: 'reset', type: 'flag', bit: VIR_DUMP_RESET, help: 'reset the domain after core dump' },
    { name: 'verbose', type: 'flag', help: 'display the progress of dump' },
    { name: 'memory-only', type: 'flag', bit: VIR_DUMP_MEMORY_ONLY, help: "dump domain's memory only" },
    {
      name: 'format',
      type: 'string',
      values: [...formats.keys()],
      help: 'specify the format of memory-only dump',
    },
  ],
  long: true,
  async run(context, args) {
    const domain = await domainOf(context, args);
    const name = args.text('domain');
    const file = args.text('file');
    if (args.has('format') && !args.flag('memory-only')) {
      throw new CommandError('--format only works with --memory-only');
    }
    const format = formatNumber(args.raw('format'));
    const flags = args.bits();
    const progress = args.flag('verbose') ? new JobProgress(context, 'Dump') : undefined;
    // The plain call is older than the one with a format, and means elf.
    const dump = () =>
      format === VIR_DOMAIN_CORE_DUMP_FORMAT_RAW
        ? domain.coreDump(file, flags)
        : domain.coreDumpWithFormat(file, format, flags);
    await orFail(
      `Failed to core dump domain '${name}' to ${file}`,
      runDomainJob(context, domain, dump, {
        ...(progress && { onProgress: (job) => progress.report(job) }),
        // QEMU has no way to cancel one, and libvirt refuses to try.
        ...(args.flag('memory-only') && {
          onInterrupt: () =>
            context.output.notice('a memory-only dump cannot be stopped halfway; waiting for its end'),
        }),
      }),
    );
    progress?.done();
    context.output.extra(`\nDomain '${name}' dumped to ${file}\n`);
  },
});

/** @throws CommandError there is no such format. */
function formatNumber(name: string | undefined): number {
  if (!name) return VIR_DOMAIN_CORE_DUMP_FORMAT_RAW;
  const format = formats.get(name);
  if (format !== undefined) return format;
  throw new CommandError(
    `format '${name}' is not supported, expecting 'kdump-zlib', 'kdump-lzo', 'kdump-snappy', 'win-dmp' or 'elf'`,
  );
}
