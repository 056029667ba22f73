import { setTimeout as delay } from 'node:timers/promises';
import { VIR_DOMAIN_JOB_NONE } from '../hypervisor/constants.js';
import type { Connection, Domain, JobInfo } from '../hypervisor/index.js';
import type { Context } from './context.js';
import { InterruptedError } from './errors.js';

export interface JobOptions {
  /** Called about twice a second with the domain's job while the operation runs. */
  readonly onProgress?: (job: JobInfo) => void;
  /** Called once, when the user interrupts while the operation runs. */
  readonly onInterrupt?: () => void;
}

export interface JobResult<T> {
  readonly value: T;
  /** The user interrupted, but the operation could not be stopped any more and has finished. */
  readonly interrupted: boolean;
}

const ABORT_RETRY_MS = 50;
const PROGRESS_MS = 500;

/**
 * Runs an operation that occupies a domain (and this connection) for long. On interrupt the domain's job is
 * aborted through a second connection, again and again until the operation has ended: an abort that comes
 * before the job has begun, or between two of its phases, is refused by libvirt.
 * @throws InterruptedError the operation was aborted; or what the operation throws.
 */
export async function runDomainJob<T>(
  context: Context,
  domain: Domain,
  operation: () => Promise<T>,
  options: JobOptions = {},
): Promise<JobResult<T>> {
  const { signal } = context;
  if (signal.aborted) throw new InterruptedError('interrupted');
  const ended = new AbortController();
  const watch = watchJob(context, domain, ended.signal, options);
  try {
    const value = await operation();
    return { value, interrupted: signal.aborted };
  } catch (error) {
    if (signal.aborted) throw new InterruptedError('interrupted', { cause: error });
    throw error;
  } finally {
    ended.abort();
    await watch;
  }
}

/** Reports progress and carries an interrupt to the domain until `ended`. Never rejects. */
async function watchJob(
  context: Context,
  domain: Domain,
  ended: AbortSignal,
  { onProgress, onInterrupt }: JobOptions,
): Promise<void> {
  const { signal, screen } = context;
  const either = AbortSignal.any([signal, ended]);
  const observer = new Observer(context.connection, domain.uuid);
  // A question that libvirt lets wait, as it does while a snapshot begins, must not hold the interrupt up.
  const aborter = new Observer(context.connection, domain.uuid);
  try {
    while ((onProgress || screen) && !either.aborted) {
      await pause(PROGRESS_MS, either);
      if (either.aborted) break;
      const job = await Promise.race([observer.ask((target) => target.getJobInfo()), aborted(either)]);
      if (!job || ended.aborted) continue;
      onProgress?.(job);
      if (job.type !== VIR_DOMAIN_JOB_NONE) screen?.progress(job);
    }
    await aborted(either);
    if (ended.aborted) return;
    onInterrupt?.();
    while (!ended.aborted) {
      await aborter.ask((target) => target.abortJob());
      await pause(ABORT_RETRY_MS, ended);
    }
  } finally {
    await observer.close();
    await aborter.close();
  }
}

/** A domain seen through a connection of its own, opened when first needed and again after a failure. */
class Observer {
  readonly #main: Connection;
  readonly #uuid: string;
  #connection: Connection | undefined;

  constructor(main: Connection, uuid: string) {
    this.#main = main;
    this.#uuid = uuid;
  }

  /**
   * Asks something of the domain.
   * @returns undefined if that failed: the operation that is watched tells itself how it ends.
   */
  async ask<T>(question: (target: Domain) => Promise<T>): Promise<T | undefined> {
    try {
      this.#connection ??= await this.#main.secondary();
      const target = await this.#connection.domainLookupByUUIDString(this.#uuid);
      return await question(target);
    } catch {
      return undefined;
    } finally {
      await this.#connection?.release().catch(() => this.close());
    }
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close().catch(() => undefined);
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
