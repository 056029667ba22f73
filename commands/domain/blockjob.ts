import {
  VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC,
  VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT,
  VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES,
  VIR_DOMAIN_BLOCK_JOB_SPEED_BANDWIDTH_BYTES,
  VIR_ERR_INVALID_ARG,
  VIR_ERR_OVERFLOW,
} from '../../src/hypervisor/constants.js';
import { type BlockJobInfo, type Domain, HypervisorError } from '../../src/hypervisor/index.js';
import {
  defineCommand,
  domainOf,
  domainOption,
  exclusive,
  JobProgress,
  prettyCapacity,
} from '../../src/shell/index.js';
import { blockJobName } from './block-job-names.js';
import { bandwidthOf } from './block-job-options.js';

export default defineCommand({
  name: 'blockjob',
  group: 'domain',
  summary: 'Manage active block operations',
  description: 'Query, adjust speed, or cancel active block operations.',
  manual: [
    'Shows the block job that runs on a disk (a commit, copy, pull or backup), changes how fast it may go (--bandwidth), aborts it (--abort; --async does not wait until it has ended) or, where it keeps two images equal, ends it with the guest going on in the other one (--pivot).',
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
    { name: 'abort', type: 'flag', help: 'abort the active job on the specified disk' },
    { name: 'async', type: 'flag', help: "implies --abort; request but don't wait for job end" },
    { name: 'pivot', type: 'flag', help: 'implies --abort; conclude and pivot a copy or commit job' },
    { name: 'info', type: 'flag', help: 'get active job information for the specified disk' },
    { name: 'bytes', type: 'flag', help: 'get/set bandwidth in bytes rather than MiB/s' },
    { name: 'raw', type: 'flag', help: 'implies --info; output details rather than human summary' },
    { name: 'bandwidth', type: 'int', help: 'set the bandwidth limit in MiB/s' },
  ],
  rules: [
    exclusive('raw', 'abort'),
    exclusive('raw', 'pivot'),
    exclusive('raw', 'async'),
    exclusive('raw', 'bandwidth'),
    exclusive('info', 'abort'),
    exclusive('info', 'pivot'),
    exclusive('info', 'async'),
    exclusive('info', 'bandwidth'),
    exclusive('bytes', 'abort'),
    exclusive('bytes', 'pivot'),
    exclusive('bytes', 'async'),
  ],
  json: {
    oneOf: [
      { object: { type: 'string', bandwidth: 'integer', cur: 'integer', end: 'integer' } },
      { object: { message: 'string' } },
      'null',
    ],
  },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const path = args.text('path');
    const bytes = args.flag('bytes');
    if (args.has('bandwidth')) {
      const flags = bytes ? VIR_DOMAIN_BLOCK_JOB_SPEED_BANDWIDTH_BYTES : 0;
      await domain.blockJobSetSpeed(path, bandwidthOf(args), flags);
      return;
    }
    if (args.flag('abort') || args.flag('pivot') || args.flag('async')) {
      const asyncFlag = args.flag('async') ? VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC : 0;
      await domain.blockJobAbort(
        path,
        asyncFlag | (args.flag('pivot') ? VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT : 0),
      );
      return;
    }
    const raw = args.flag('raw');
    const info = await jobInfo(domain, path, raw, bytes);
    context.emit(info && { ...info, type: blockJobName(info.type) });
    if (!info) {
      if (!raw) context.output.print(`No current block job for ${path}`);
    } else if (raw) {
      const { type, bandwidth, cur, end } = info;
      context.output.print(
        ` type=${blockJobName(type)}\n bandwidth=${bandwidth}\n cur=${cur}\n end=${end}\n`,
      );
    } else {
      new JobProgress(context, blockJobName(info.type)).reportAmounts(info.end - info.cur, info.end);
      if (info.bandwidth !== 0n) {
        const { value, unit } = prettyCapacity(info.bandwidth);
        context.output.print(`    Bandwidth limit: ${info.bandwidth} bytes/s (${value} ${unit}/s)`);
      }
      context.output.print('\n');
    }
  },
});

/** A disk's job with its bandwidth in bytes/s; with `raw` in MiB/s unless bytes are asked for. */
async function jobInfo(
  domain: Domain,
  disk: string,
  raw: boolean,
  bytes: boolean,
): Promise<BlockJobInfo | null> {
  if (bytes || !raw) {
    try {
      return await domain.getBlockJobInfo(disk, VIR_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES);
    } catch (error) {
      const tryMiB =
        error instanceof HypervisorError && [VIR_ERR_INVALID_ARG, VIR_ERR_OVERFLOW].includes(error.code);
      if (!tryMiB || bytes) throw error;
    }
  }
  const info = await domain.getBlockJobInfo(disk);
  if (!info || raw) return info;
  return { ...info, bandwidth: info.bandwidth << 20n };
}
