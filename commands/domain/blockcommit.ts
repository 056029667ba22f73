import {
  VIR_DOMAIN_BLOCK_COMMIT_ACTIVE,
  VIR_DOMAIN_BLOCK_COMMIT_BANDWIDTH_BYTES,
  VIR_DOMAIN_BLOCK_COMMIT_DELETE,
  VIR_DOMAIN_BLOCK_COMMIT_RELATIVE,
  VIR_DOMAIN_BLOCK_COMMIT_SHALLOW,
  VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC,
  VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT,
} from '../../src/hypervisor/constants.js';
import {
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  exclusive,
  orFail,
} from '../../src/shell/index.js';
import { bandwidthOf } from './block-job-options.js';
import { runBlockJob } from './block-job-wait.js';

export default defineCommand({
  name: 'blockcommit',
  group: 'domain',
  summary: 'Start a block commit operation.',
  description: 'Commit changes from a snapshot down to its backing image.',
  manual: [
    'Copies what is in the images from --top down to above --base into --base, while the guest runs, so that the chain gets shorter. Without --top and --base everything goes into the lowest image. --shallow commits into the image right under the top.',
    'The top of the whole chain is what the guest writes to: committing that is --active, and does not end by itself. The job first copies, then keeps both images equal until --pivot makes the guest go on in the base, or --keep-overlay leaves it where it is. `blockjob --pivot` and `blockjob --abort` do the same later.',
    'Without --wait the job is only started, and `blockjob` shows it. With it (and with --pivot, --keep-overlay or --timeout) the command waits; an interrupt or the timeout aborts the job, and the chain stays as it was. The images above the base are no longer needed afterwards, but stay as files.',
  ],
  options: [
    domainOption('domain-active'),
    {
      name: 'path',
      type: 'string',
      required: true,
      completer: 'disk-target',
      help: 'fully-qualified path of disk',
    },
    { name: 'bandwidth', type: 'int', help: 'bandwidth limit in MiB/s' },
    {
      name: 'base',
      type: 'string',
      completer: 'disk-target',
      help: 'path of base file to commit into (default bottom of chain)',
    },
    {
      name: 'shallow',
      type: 'flag',
      bit: VIR_DOMAIN_BLOCK_COMMIT_SHALLOW,
      help: 'use backing file of top as base',
    },
    {
      name: 'top',
      type: 'string',
      completer: 'disk-target',
      help: 'path of top file to commit from (default top of chain)',
    },
    { name: 'active', type: 'flag', help: 'trigger two-stage active commit of top file' },
    {
      name: 'delete',
      type: 'flag',
      bit: VIR_DOMAIN_BLOCK_COMMIT_DELETE,
      help: 'delete files that were successfully committed',
    },
    { name: 'wait', type: 'flag', help: 'wait for job to complete (with --active, wait for job to sync)' },
    { name: 'verbose', type: 'flag', help: 'with --wait, display the progress' },
    { name: 'timeout', type: 'int', help: 'implies --wait, abort if copy exceeds timeout (in seconds)' },
    { name: 'pivot', type: 'flag', help: 'implies --active --wait, pivot when commit is synced' },
    { name: 'keep-overlay', type: 'flag', help: 'implies --active --wait, quit when commit is synced' },
    { name: 'async', type: 'flag', help: "with --wait, don't wait for cancel to finish" },
    {
      name: 'keep-relative',
      type: 'flag',
      bit: VIR_DOMAIN_BLOCK_COMMIT_RELATIVE,
      help: 'keep the backing chain relatively referenced',
    },
    {
      name: 'bytes',
      type: 'flag',
      bit: VIR_DOMAIN_BLOCK_COMMIT_BANDWIDTH_BYTES,
      help: 'the bandwidth limit is in bytes/s rather than MiB/s',
    },
  ],
  rules: [exclusive('pivot', 'keep-overlay')],
  long: true,
  async run(context, args) {
    const pivot = args.flag('pivot');
    const finish = args.flag('keep-overlay');
    const active = args.flag('active') || pivot || finish;
    const async = args.flag('async');
    const path = args.text('path');
    const base = args.optional('base') ?? null;
    const top = args.optional('top') ?? null;
    const bandwidth = bandwidthOf(args);
    const timeout = args.timeout();
    const wait = args.flag('wait') || pivot || finish || timeout !== undefined;
    for (const option of ['verbose', 'async'] as const) {
      if (!wait && args.flag(option)) {
        throw new CommandError(
          `--${option} requires at least one of --timeout, --wait, --pivot, or --keep-overlay`,
        );
      }
    }
    const domain = await domainOf(context, args);
    const flags = args.bits() | (active ? VIR_DOMAIN_BLOCK_COMMIT_ACTIVE : 0);
    const start = () => domain.blockCommit(path, base, top, bandwidth, flags);
    if (!wait) {
      await start();
      context.output.extra(active ? 'Active Block Commit started' : 'Block Commit started');
      return;
    }
    const verbose = args.flag('verbose');
    await runBlockJob(context, domain, start, {
      disk: path,
      label: 'Block commit',
      word: 'Commit',
      verbose,
      timeout,
      async,
    });
    const abortFlags = async ? VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC : 0;
    if (!active) {
      context.output.extra('\nCommit complete');
    } else if (pivot) {
      const pivotFlags = abortFlags | VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT;
      await orFail(`failed to pivot job for disk ${path}`, domain.blockJobAbort(path, pivotFlags));
      context.output.extra('\nSuccessfully pivoted');
    } else if (finish) {
      await orFail(`failed to finish job for disk ${path}`, domain.blockJobAbort(path, abortFlags));
      context.output.extra('\nCommit complete, overlay image kept');
    } else {
      context.output.extra('\nNow in synchronized phase');
    }
  },
});
