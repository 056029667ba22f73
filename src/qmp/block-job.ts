import type { QmpClient } from './client.js';
import { JobFailure } from './errors.js';
import { CANCELLED, findJob, followJob, type JobOptions } from './jobs.js';
import type { BlockJob } from './schema/jobs.js';
import type { WaitOptions } from './waiter.js';

/**
 * A block job of a domain: one that Domain.blockJobs() told of, or that a DomainBlockDevice has begun. What it waits for
 * is bounded by the options' timeout (none unless given) and signal; a job that is given up on goes on.
 */
export class DomainBlockJob {
  readonly id: string;
  /** How it was when it was asked for; undefined of a job that was just begun: see state(). */
  readonly info: BlockJob | undefined;
  readonly #client: QmpClient;

  constructor(client: QmpClient, id: string, info?: BlockJob) {
    this.#client = client;
    this.id = id;
    this.info = info;
  }

  /** How it is now; undefined if it has ended. */
  async state(): Promise<BlockJob | undefined> {
    return (await this.#client.execute('query-block-jobs')).find(({ device }) => device === this.id);
  }

  /** Waits until the job is ready to be completed: mirrors and active commits get there. @throws JobFailure if not */
  async ready(options: WaitOptions = {}): Promise<void> {
    const outcome = await this.#follow({ ...options, until: 'ready' });
    if (outcome === 'ended') throw new JobFailure(this.id, 'the job ended without being ready');
  }

  /**
   * Waits until the job is ready, completes it (an active commit goes back to the base, a mirror on to its target) and
   * waits for its end. A job that is never ready is waited for as it is.
   * @throws JobFailure, CommandFailure, TimeoutError, DisconnectedError, the signal's reason
   */
  async complete(options: WaitOptions = {}): Promise<void> {
    await this.#follow({ ...options, whenReady: 'complete' });
  }

  /**
   * Ends the job and waits for that. A mirror that is ready leaves a copy as of now, unless it is forced; anything
   * else is broken off.
   * @throws as complete() does
   */
  async cancel({ force = false, ...options }: WaitOptions & { force?: boolean } = {}): Promise<void> {
    await this.#require();
    // Listened to before it is told to end: there may be nothing left to hear afterwards.
    const ended = followJob(this.#client, this.id, { ...options, onGivingUp: 'leave' });
    ended.catch(() => {});
    await this.#client.execute('block-job-cancel', { device: this.id, force }, options);
    try {
      await ended;
    } catch (error) {
      if (!(error instanceof JobFailure) || error.description !== CANCELLED) throw error;
    }
  }

  async #follow(options: JobOptions): ReturnType<typeof followJob> {
    await this.#require();
    return followJob(this.#client, this.id, { ...options, onGivingUp: 'leave' });
  }

  async #require(): Promise<void> {
    if (!(await findJob(this.#client, this.id)))
      throw new JobFailure(this.id, 'there is no such job any more');
  }
}
