import {
  VIR_DOMAIN_BLOCK_PULL_BANDWIDTH_BYTES,
  VIR_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES,
  VIR_DOMAIN_BLOCK_REBASE_RELATIVE,
} from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, requires } from '../../src/shell/index.js';
import { bandwidthOf } from './block-job-options.js';
import { runBlockJob } from './block-job-wait.js';

export default defineCommand({
  name: 'blockpull',
  group: 'domain',
  summary: 'Populate a disk from its backing image.',
  description: 'Populate a disk from its backing image.',
  manual: [
    'Copies what is in the images under the one that the guest writes to into that one, while the guest runs, so that they are no longer needed: all of them, or those above --base. The files stay.',
    'Without --wait the job is only started, and `blockjob` shows it. With it an interrupt or the --timeout aborts the job; what was copied so far stays, and nothing is lost.',
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
      help: 'path of backing file in chain for a partial pull',
    },
    { name: 'wait', type: 'flag', help: 'wait for job to finish' },
    { name: 'verbose', type: 'flag', help: 'with --wait, display the progress' },
    { name: 'timeout', type: 'int', help: 'with --wait, abort if pull exceeds timeout (in seconds)' },
    { name: 'async', type: 'flag', help: "with --wait, don't wait for cancel to finish" },
    { name: 'keep-relative', type: 'flag', help: 'keep the backing chain relatively referenced' },
    { name: 'bytes', type: 'flag', help: 'the bandwidth limit is in bytes/s rather than MiB/s' },
  ],
  rules: [requires('verbose', 'wait'), requires('async', 'wait')],
  long: true,
  async run(context, args) {
    const async = args.flag('async');
    const path = args.text('path');
    const base = args.optional('base');
    const bytes = args.flag('bytes');
    const bandwidth = bandwidthOf(args);
    const timeout = args.timeout();
    const relative = args.flag('keep-relative') ? VIR_DOMAIN_BLOCK_REBASE_RELATIVE : 0;
    const domain = await domainOf(context, args);
    const start = () =>
      base !== undefined || relative !== 0
        ? domain.blockRebase(
            path,
            base ?? null,
            bandwidth,
            relative | (bytes ? VIR_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES : 0),
          )
        : domain.blockPull(path, bandwidth, bytes ? VIR_DOMAIN_BLOCK_PULL_BANDWIDTH_BYTES : 0);
    if (!args.flag('wait')) {
      await start();
      context.output.extra('Block Pull started');
      return;
    }
    const verbose = args.flag('verbose');
    await runBlockJob(context, domain, start, {
      disk: path,
      label: 'Block Pull',
      word: 'Pull',
      verbose,
      timeout,
      async,
    });
    context.output.extra('\nPull complete');
  },
});
