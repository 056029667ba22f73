import type { QmpClient } from './client.js';
import { CommandFailure, JobFailure, QmpError, TimeoutError } from './errors.js';
import type { EventListener } from './event-listener.js';
import type { Job, JobStatus } from './schema/jobs.js';
import type { WaitOptions } from './waiter.js';

export interface JobOptions extends WaitOptions {
  /**
   * What to do each time the job is ready (mirrors and active commits get there and stay): `complete` pivots to the
   * target or the base, `finish` ends it gracefully without (a mirror leaves a copy). Without it, the job is left to
   * whoever listens.
   */
  whenReady?: 'complete' | 'finish';
  /** Come back as soon as the job is ready, and leave it as it is: whoever asked ends it. Not with whenReady. */
  until?: 'ready';
  /** What becomes of the job at the deadline or the signal's abort: cancelled (the default), or left to go on. */
  onGivingUp?: 'cancel' | 'leave';
  /** What to do before a job that is ready is told to complete. */
  beforeComplete?: () => Promise<void>;
  /** What to do when a job that was started with auto-finalize off waits to be finalized; finalized after it. */
  beforeFinalize?: () => Promise<void>;
  /** Told of every change of status. */
  onStatus?: (status: JobStatus) => void;
  /** Milliseconds that a job gets to end after it was cancelled because of the deadline or the signal; 10 s. */
  patience?: number;
}

/** What QEMU says of a job that was cancelled before it was done. */
export const CANCELLED = 'Operation canceled';

/**
 * What `auto-dismiss` of block-stream must be. A stream that has concluded and is not dismissed keeps its copy-on-read
 * filter, which has nothing below it any more: QEMU then crashes in bdrv_refresh_filename() when anybody says
 * query-named-block-nodes (seen on 7.2.22 and 10.0.2, each time). Jobs of other types don't have this.
 */
export const STREAM_DISMISSES_ITSELF = true;

/** How far a job was followed: to its end, or until it was ready. */
export type JobOutcome = 'ended' | 'ready';

type StatusListener = EventListener<'JOB_STATUS_CHANGE' | 'BLOCK_JOB_COMPLETED' | 'BLOCK_JOB_CANCELLED'>;

/**
 * Starts a job under `id`, follows it by its events to its end, dismisses it, and throws its error. `start` gives the
 * command; it must pass `id` as job-id and, where the command has it, `auto-dismiss: false` (only query-jobs tells an
 * error to who was not there to hear the event, and only until the job is dismissed), except for block-stream. A concluded job of the same id that an earlier run left is
 * dismissed first.
 *
 * The deadline and the signal cancel the job (unless told otherwise), wait for its end, and dismiss it before this throws.
 * @throws JobFailure, CommandFailure (the command was refused), TimeoutError, DisconnectedError, the signal's reason
 */
export async function runJob(
  client: QmpClient,
  id: string,
  start: () => Promise<unknown>,
  options: JobOptions = {},
): Promise<JobOutcome> {
  options.signal?.throwIfAborted();
  await dismissLeftover(client, id);
  const listener = listenToJob(client, id);
  try {
    await start();
    return await follow(client, id, listener, options);
  } finally {
    listener.close();
  }
}

/**
 * Follows a job that runs already, as runJob() does. A job that does not exist (any more) has ended: how, nobody knows.
 * @throws as runJob()
 */
export async function followJob(
  client: QmpClient,
  id: string,
  options: JobOptions = {},
): Promise<JobOutcome> {
  const listener = listenToJob(client, id);
  try {
    const job = await findJob(client, id);
    if (!job) return 'ended';
    return await follow(client, id, listener, options, job.status);
  } finally {
    listener.close();
  }
}

/** The job of that id, or undefined. Its progress is in units of its own. */
export async function findJob(client: QmpClient, id: string): Promise<Job | undefined> {
  return (await client.execute('query-jobs')).find((job) => job.id === id);
}

/** Dismisses the concluded jobs whose ids `isOurs` accepts: each keeps its block nodes busy. @returns their ids */
export async function dismissConcluded(
  client: QmpClient,
  isOurs: (id: string) => boolean,
): Promise<string[]> {
  const leftover = (await client.execute('query-jobs')).filter(
    (job) => job.status === 'concluded' && isOurs(job.id),
  );
  for (const { id } of leftover) await dismiss(client, id);
  return leftover.map(({ id }) => id);
}

function listenToJob(client: QmpClient, id: string): StatusListener {
  return client.listen({
    events: ['JOB_STATUS_CHANGE', 'BLOCK_JOB_COMPLETED', 'BLOCK_JOB_CANCELLED'],
    match: ({ data }) => ('status' in data ? data.id : data.device) === id,
  });
}

async function dismissLeftover(client: QmpClient, id: string): Promise<void> {
  const job = await findJob(client, id);
  if (!job) return;
  if (job.status !== 'concluded') throw new JobFailure(id, `a job of this id is ${job.status} already`);
  await dismiss(client, id);
}

async function dismiss(client: QmpClient, id: string): Promise<void> {
  try {
    await client.execute('job-dismiss', { id });
  } catch (error) {
    // Gone already: dismissed by itself, or by somebody else. QEMU: "Job not found", class GenericError before 8
    // and DeviceNotActive for block jobs.
    if (!(error instanceof CommandFailure) || (await findJob(client, id))) throw error;
  }
}

async function follow(
  client: QmpClient,
  id: string,
  listener: StatusListener,
  { timeout = Number.POSITIVE_INFINITY, signal, ...options }: JobOptions,
  initial?: JobStatus,
): Promise<JobOutcome> {
  const started = performance.now();
  const act = actOnce(client, id, options);
  try {
    let outcome = initial === undefined ? undefined : await act(initial);
    let error: string | undefined;
    while (outcome === undefined) {
      const event = await listener.next({ timeout: timeout - (performance.now() - started), signal });
      if (!event) throw new QmpError('the job listener was closed');
      // These come just before `concluded`, and are the only word of an error where the job dismisses itself.
      if (event.event === 'BLOCK_JOB_COMPLETED') error = event.data.error;
      else if (event.event === 'BLOCK_JOB_CANCELLED') error = CANCELLED;
      else outcome = await act(event.data.status);
    }
    if (outcome === 'ended' && error !== undefined) throw new JobFailure(id, error);
    return outcome;
  } catch (error) {
    const gaveUp = error instanceof TimeoutError && error.command === undefined;
    if (!gaveUp && !signal?.aborted) throw error;
    if (options.onGivingUp !== 'leave') await cancel(client, id, listener, options.patience ?? 10_000);
    if (gaveUp) throw new TimeoutError(`job ${id} did not end within ${timeout} ms`, timeout);
    throw error;
  }
}

/**
 * Makes the function that does what a status asks for, and tells the outcome, if it is one. Ready and pending are acted
 * on once: a job that is ready goes to standby and back whenever its nodes are drained.
 */
function actOnce(
  client: QmpClient,
  id: string,
  { whenReady, beforeComplete, beforeFinalize, onStatus, until }: JobOptions,
) {
  const acted = new Set<JobStatus>();
  return async (current: JobStatus): Promise<JobOutcome | undefined> => {
    onStatus?.(current);
    const first = !acted.has(current);
    acted.add(current);
    if (current === 'ready' && first) {
      if (whenReady === 'complete') {
        await beforeComplete?.();
        await client.execute('job-complete', { id });
      }
      // Not job-cancel: that has been a forced cancel since QEMU 6.1, which fails the job.
      if (whenReady === 'finish') await client.execute('block-job-cancel', { device: id });
    } else if (current === 'pending' && first && beforeFinalize) {
      await beforeFinalize();
      await client.execute('job-finalize', { id });
    } else if (current === 'concluded') {
      const error = (await findJob(client, id))?.error;
      await dismiss(client, id);
      if (error !== undefined) throw new JobFailure(id, error);
    }
    if (current === 'ready' && until === 'ready') return 'ready';
    return current === 'concluded' || current === 'null' ? 'ended' : undefined;
  };
}

/** Ends a job that is not wanted any more, and dismisses it. Jobs that cannot be cancelled are waited for. */
async function cancel(
  client: QmpClient,
  id: string,
  listener: StatusListener,
  patience: number,
): Promise<void> {
  const started = performance.now();
  const rest = () => ({ timeout: patience - (performance.now() - started) });
  try {
    await client.execute('job-cancel', { id }, rest());
  } catch (error) {
    if (!(error instanceof CommandFailure)) return;
  }
  try {
    // Events may have been read before: what counts is the job's own word.
    for (
      let job = await findJob(client, id);
      job && job.status !== 'concluded';
      job = await findJob(client, id)
    ) {
      if (!(await listener.next(rest()))) return;
    }
    await dismiss(client, id);
  } catch (error) {
    // It ends later, and is dismissed by the next job of its id. The reason for giving up is what the caller gets.
    if (!(error instanceof QmpError)) throw error;
  }
}
