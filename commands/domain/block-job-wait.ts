import { setTimeout as delay } from 'node:timers/promises';
import {
  VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC,
  VIR_DOMAIN_BLOCK_JOB_CANCELED,
  VIR_DOMAIN_BLOCK_JOB_COMPLETED,
  VIR_DOMAIN_BLOCK_JOB_FAILED,
  VIR_DOMAIN_BLOCK_JOB_READY,
} from '../../src/hypervisor/constants.js';
import type { BlockJobInfo, Domain, Subscription } from '../../src/hypervisor/index.js';
import { type Context, InterruptedError, JobProgress, orFail, SilentFailure } from '../../src/shell/index.js';

export interface BlockJobWaitOptions {
  /** As the user named it: a target or a path. */
  readonly disk: string;
  /** In front of the progress. */
  readonly label: string;
  /** What virsh calls such an operation in its messages: `Commit`. */
  readonly word: string;
  readonly verbose: boolean;
  /** ms after which the job is given up; undefined for never. */
  readonly timeout: number | undefined;
  /** Do not wait for the end of a job that is given up. */
  readonly async: boolean;
}

const POLL_MS = 500;
/** How often a job that has copied everything is looked at before it counts as ready without an event. */
const READY_POLLS = 5;

/**
 * Starts a block job and waits until it has ended or, where it goes on mirroring, is ready. Events tell; where
 * the hypervisor has none, the job is asked about twice a second. An interrupt or the timeout aborts it.
 * @throws SilentFailure the job failed or was given up, which is told; CommandError; InterruptedError.
 */
export async function runBlockJob(
  context: Context,
  domain: Domain,
  start: () => Promise<void>,
  options: BlockJobWaitOptions,
): Promise<void> {
  const watch = new BlockJobWatch(options.disk);
  await watch.open(context, domain);
  try {
    await start();
    const status = await waitForEnd(context, domain, watch, options);
    if (status === VIR_DOMAIN_BLOCK_JOB_CANCELED) {
      context.output.print(`\n${options.word} aborted`);
      if (context.signal.aborted) throw new InterruptedError('interrupted');
      throw new SilentFailure('aborted');
    }
    if (status === VIR_DOMAIN_BLOCK_JOB_FAILED) {
      context.output.print(`\n${options.word} failed`);
      throw new SilentFailure('failed');
    }
  } finally {
    await watch.close();
  }
}

/** The events of one disk's block jobs. libvirt sends one by path and one by target. */
class BlockJobWatch {
  readonly #disk: string;
  readonly #arrived = new AbortController();
  #subscription: Subscription | undefined;
  status: number | undefined;

  constructor(disk: string) {
    this.#disk = disk;
  }

  /** True if the hypervisor tells by itself. */
  get works(): boolean {
    return this.#subscription !== undefined;
  }

  /** Aborted once there is a status. */
  get arrived(): AbortSignal {
    return this.#arrived.signal;
  }

  async open({ connection }: Context, domain: Domain): Promise<void> {
    this.#subscription = await connection
      .watchDomainEvents(
        ['block-job', 'block-job-2'],
        (event) => {
          if (!('disk' in event) || event.disk !== this.#disk) return;
          this.status = event.status;
          this.#arrived.abort();
        },
        domain.uuid,
      )
      .catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.#subscription?.close();
  }
}

async function waitForEnd(
  context: Context,
  domain: Domain,
  watch: BlockJobWatch,
  { disk, label, verbose, timeout, async }: BlockJobWaitOptions,
): Promise<number> {
  const progress = verbose ? new JobProgress(context, label) : undefined;
  const deadline = timeout === undefined ? undefined : performance.now() + timeout;
  let polls = READY_POLLS;
  let last = { cur: 0n, end: 0n };
  for (;;) {
    const info = await orFail(`failed to query job for disk ${disk}`, domain.getBlockJobInfo(disk));
    const status = watch.status ?? (watch.works ? undefined : guess(info, () => --polls <= 0));
    if (status !== undefined) {
      if (status === VIR_DOMAIN_BLOCK_JOB_COMPLETED || status === VIR_DOMAIN_BLOCK_JOB_READY)
        progress?.done();
      return status;
    }
    if (info && (info.cur !== last.cur || info.end !== last.end)) {
      progress?.reportAmounts(info.end - info.cur, info.end);
      last = info;
    }
    const late = deadline !== undefined && performance.now() > deadline;
    if (late || context.signal.aborted) {
      const flags = async ? VIR_DOMAIN_BLOCK_JOB_ABORT_ASYNC : 0;
      await orFail(`failed to abort job for disk '${disk}'`, domain.blockJobAbort(disk, flags));
      return VIR_DOMAIN_BLOCK_JOB_CANCELED;
    }
    const wait =
      deadline === undefined ? POLL_MS : Math.min(POLL_MS, Math.max(1, deadline - performance.now()));
    const signal = AbortSignal.any([watch.arrived, context.signal]);
    await delay(wait, undefined, { signal }).catch(() => undefined);
  }
}

/** A job's status where no event will tell it. */
function guess(info: BlockJobInfo | null, enough: () => boolean): number | undefined {
  if (info === null) return VIR_DOMAIN_BLOCK_JOB_COMPLETED;
  return info.end === info.cur && enough() ? VIR_DOMAIN_BLOCK_JOB_READY : undefined;
}
