import { setTimeout as delay } from 'node:timers/promises';
import type { Connection, Domain, JobInfo } from '../hypervisor/index.js';
import type { Context } from './context.js';
import { InterruptedError } from './errors.js';

export interface JobOptions {
  /** Called about twice a second with the domain's job while the operation runs. */
  readonly onProgress?: (job: JobInfo) => void;
}

export interface JobResult<T> {
  readonly value: T;
  /** The user interrupted, but the operation could not be stopped any more and has finished. */
  readonly interrupted: boolean;
}

const ABORT_RETRY_MS = 100;
const PROGRESS_MS = 500;

/**
 * Runs an operation that occupies a domain (and this connection) for long. On interrupt the domain's job is
 * aborted through a second connection, again and again until the operation has ended: an abort that comes
 * before the job has begun is refused by libvirt.
 * @throws InterruptedError the operation was aborted; or what the operation throws.
 */
export async function runDomainJob<T>(
  context: Context,
  domain: Domain,
  operation: () => Promise<T>,
  options: JobOptions = {},
): Promise<JobResult<T>> {
  if (context.signal.aborted) throw new InterruptedError('interrupted');
  const ended = new AbortController();
  const watch = watchJob(context, domain, ended.signal, options);
  try {
    const value = await operation();
    return { value, interrupted: context.signal.aborted };
  } catch (error) {
    if (context.signal.aborted) throw new InterruptedError('interrupted', { cause: error });
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
  options: JobOptions,
): Promise<void> {
  const { signal } = context;
  let watcher: Connection | undefined;
  try {
    if (!options.onProgress) await aborted(AbortSignal.any([signal, ended]));
    while (!ended.aborted) {
      watcher ??= await context.connection.secondary();
      const target = await watcher.domainLookupByUUIDString(domain.uuid);
      if (signal.aborted) await target.abortJob().catch(() => undefined);
      else options.onProgress?.(await target.getJobInfo());
      await watcher.release();
      const next = signal.aborted ? [ended] : [ended, signal];
      await pause(signal.aborted ? ABORT_RETRY_MS : PROGRESS_MS, AbortSignal.any(next));
    }
  } catch {
    // Watching is a service: the operation itself tells how it ended.
  } finally {
    await watcher?.close().catch(() => undefined);
  }
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
