import {
  VIR_DOMAIN_BLOCK_COPY_BANDWIDTH,
  VIR_DOMAIN_BLOCK_COPY_BUF_SIZE,
  VIR_DOMAIN_BLOCK_COPY_GRANULARITY,
  VIR_DOMAIN_BLOCK_COPY_REUSE_EXT,
  VIR_DOMAIN_BLOCK_COPY_SHALLOW,
  VIR_DOMAIN_BLOCK_COPY_SYNCHRONOUS_WRITES,
  VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB,
  VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC,
  VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT,
  VIR_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES,
  VIR_DOMAIN_BLOCK_REBASE_COPY,
  VIR_DOMAIN_BLOCK_REBASE_COPY_DEV,
  VIR_DOMAIN_BLOCK_REBASE_COPY_RAW,
} from '../../src/hypervisor/constants.js';
import type { TypedParameter } from '../../src/hypervisor/index.js';
import {
  type Arguments,
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  exclusive,
  orFail,
  readTextFile,
} from '../../src/shell/index.js';
import { escapeXml } from '../../src/snapshot/snapshot-xml.js';
import { bandwidthOf } from './block-job-options.js';
import { runBlockJob } from './block-job-wait.js';

export default defineCommand({
  name: 'blockcopy',
  group: 'domain',
  summary: 'Start a block copy operation.',
  description: 'Copy a disk backing image chain to dest.',
  manual: [
    'Copies a disk of a running guest to another file or device (--dest, or the source that an XML file describes), and then keeps both equal until --pivot makes the guest go on in the copy, or --finish leaves it where it is and the copy as it was at that moment. `blockjob --pivot` and `blockjob --abort` do the same later.',
    'Without --shallow the whole chain is copied into one image; with it only the top, which then has the same backing image. --reuse-external writes into a file that is there already. libvirt copies disks of persistent domains only with --transient-job: such a job is not carried over a shutdown.',
    'Without --wait the job is only started. With it (and with --pivot, --finish or --timeout) the command waits; an interrupt or the timeout aborts the copy and the guest stays on its own image.',
  ],
  options: [
    domainOption('domain-active'),
    {
      name: 'path',
      type: 'string',
      required: true,
      completer: 'disk-target',
      help: 'fully-qualified path of source disk',
    },
    { name: 'dest', type: 'string', completer: 'path', help: 'path of the copy to create' },
    { name: 'bandwidth', type: 'int', help: 'bandwidth limit in MiB/s' },
    {
      name: 'shallow',
      type: 'flag',
      bit: VIR_DOMAIN_BLOCK_COPY_SHALLOW,
      help: 'make the copy share a backing chain',
    },
    {
      name: 'reuse-external',
      type: 'flag',
      bit: VIR_DOMAIN_BLOCK_COPY_REUSE_EXT,
      help: 'reuse existing destination',
    },
    { name: 'blockdev', type: 'flag', help: 'copy destination is block device instead of regular file' },
    { name: 'wait', type: 'flag', help: 'wait for job to reach mirroring phase' },
    { name: 'verbose', type: 'flag', help: 'with --wait, display the progress' },
    { name: 'timeout', type: 'int', help: 'implies --wait, abort if copy exceeds timeout (in seconds)' },
    { name: 'pivot', type: 'flag', help: 'implies --wait, pivot when mirroring starts' },
    { name: 'finish', type: 'flag', help: 'implies --wait, quit when mirroring starts' },
    { name: 'async', type: 'flag', help: "with --wait, don't wait for cancel to finish" },
    {
      name: 'xml',
      type: 'string',
      completer: 'path',
      help: 'filename containing XML description of the copy destination',
    },
    { name: 'raw', type: 'alias', target: 'format=raw', help: '' },
    {
      name: 'format',
      type: 'string',
      values: [
        'none',
        'raw',
        'dir',
        'bochs',
        'cloop',
        'dmg',
        'iso',
        'vpc',
        'vdi',
        'fat',
        'vhd',
        'ploop',
        'cow',
        'qcow',
        'qcow2',
        'qed',
        'vmdk',
      ],
      help: 'format of the destination file',
    },
    { name: 'granularity', type: 'int', help: 'power-of-two granularity to use during the copy' },
    { name: 'buf-size', type: 'int', help: 'maximum amount of in-flight data during the copy' },
    { name: 'bytes', type: 'flag', help: 'the bandwidth limit is in bytes/s rather than MiB/s' },
    {
      name: 'transient-job',
      type: 'flag',
      bit: VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB,
      help: 'the copy job is not persisted if VM is turned off',
    },
    {
      name: 'synchronous-writes',
      type: 'flag',
      bit: VIR_DOMAIN_BLOCK_COPY_SYNCHRONOUS_WRITES,
      help: 'the copy job forces guest writes to be synchronously written to the destination',
    },
    {
      name: 'print-xml',
      type: 'flag',
      help: 'print the XML used to start the copy job instead of starting the job',
    },
  ],
  rules: [
    exclusive('dest', 'xml'),
    exclusive('format', 'xml'),
    exclusive('blockdev', 'xml'),
    exclusive('pivot', 'finish'),
  ],
  long: true,
  json: { oneOf: [{ object: { xml: 'string' } }, { object: { message: 'string' } }] },
  async run(context, args) {
    const pivot = args.flag('pivot');
    const finish = args.flag('finish');
    const async = args.flag('async');
    const bytes = args.flag('bytes');
    const path = args.text('path');
    const dest = args.optional('dest');
    const xmlFile = args.optional('xml');
    const format = args.optional('format');
    const bandwidth = bandwidthOf(args);
    const granularity = args.uint('granularity') ?? 0;
    const bufSize = args.ulonglong('buf-size') ?? 0n;
    const timeout = args.timeout();
    const wait = args.flag('wait') || pivot || finish || timeout !== undefined;
    if (dest === undefined && xmlFile === undefined) throw new CommandError('need either --dest or --xml');
    for (const option of ['verbose', 'async'] as const) {
      if (!wait && args.flag(option)) {
        throw new CommandError(
          `--${option} requires at least one of --timeout, --wait, --pivot, or --finish`,
        );
      }
    }
    const domain = await domainOf(context, args);
    const source =
      xmlFile === undefined
        ? destinationXml(dest ?? '', args.flag('blockdev'), format)
        : await readTextFile(xmlFile);
    if (args.flag('print-xml')) {
      context.emit({ xml: source });
      context.output.print(source);
      return;
    }
    const flags = args.bits();
    const parameters = needsBlockCopy(args, format)
      ? copyParameters(bandwidth, bytes, granularity, bufSize)
      : [];
    // The older call can do less, but more drivers have it.
    const start = needsBlockCopy(args, format)
      ? () => domain.blockCopy(path, source, parameters, flags)
      : () => domain.blockRebase(path, dest ?? null, bandwidth, flags | rebaseFlags(args, format));
    if (!wait) {
      await start();
      context.output.extra('Block Copy started');
      return;
    }
    const verbose = args.flag('verbose');
    await runBlockJob(context, domain, start, {
      disk: path,
      label: 'Block Copy',
      word: 'Copy',
      verbose,
      timeout,
      async,
    });
    const abortFlags = async ? VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC : 0;
    if (pivot) {
      const pivotFlags = abortFlags | VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT;
      await orFail(`failed to pivot job for disk ${path}`, domain.blockJobAbort(path, pivotFlags));
      context.output.extra('\nSuccessfully pivoted');
    } else if (finish) {
      await orFail(`failed to finish job for disk ${path}`, domain.blockJobAbort(path, abortFlags));
      context.output.extra('\nSuccessfully copied');
    } else {
      context.output.extra('\nNow in mirroring phase');
    }
  },
});

const onlyBlockCopy = ['granularity', 'buf-size', 'xml', 'transient-job', 'synchronous-writes'] as const;

const needsBlockCopy = (args: Pick<Arguments, 'has'>, format: string | undefined): boolean =>
  (format !== undefined && format !== 'raw') || onlyBlockCopy.some((option) => args.has(option as never));

/** VIR_DOMAIN_BLOCK_REBASE_* that make virDomainBlockRebase a copy; those of the options have the same bits. */
function rebaseFlags(args: Pick<Arguments, 'has'>, format: string | undefined): number {
  return (
    VIR_DOMAIN_BLOCK_REBASE_COPY |
    (args.has('blockdev' as never) ? VIR_DOMAIN_BLOCK_REBASE_COPY_DEV : 0) |
    (format === 'raw' ? VIR_DOMAIN_BLOCK_REBASE_COPY_RAW : 0) |
    (args.has('bytes' as never) ? VIR_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES : 0)
  );
}

function destinationXml(dest: string, blockdev: boolean, format: string | undefined): string {
  const attribute = blockdev ? 'dev' : 'file';
  const driver = format === undefined ? '' : `  <driver type='${escapeXml(format)}'/>\n`;
  return `<disk type='${blockdev ? 'block' : 'file'}'>\n  <source ${attribute}='${escapeXml(dest)}'/>\n${driver}</disk>\n`;
}

/** @throws CommandError so many MiB/s can't be told in bytes/s. */
function copyParameters(
  bandwidth: bigint,
  bytes: boolean,
  granularity: number,
  bufSize: bigint,
): TypedParameter[] {
  const parameters: TypedParameter[] = [];
  if (bandwidth !== 0n) {
    const limit = (2n ** 64n - 1n) >> 20n;
    if (!bytes && bandwidth > limit) throw new CommandError(`bandwidth must be less than ${limit}`);
    const value = bytes ? bandwidth : bandwidth << 20n;
    parameters.push({ field: VIR_DOMAIN_BLOCK_COPY_BANDWIDTH, type: 'ullong', value });
  }
  if (granularity !== 0) {
    parameters.push({ field: VIR_DOMAIN_BLOCK_COPY_GRANULARITY, type: 'uint', value: granularity });
  }
  if (bufSize !== 0n) {
    parameters.push({ field: VIR_DOMAIN_BLOCK_COPY_BUF_SIZE, type: 'ullong', value: bufSize });
  }
  return parameters;
}
