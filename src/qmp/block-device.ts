import { randomBytes } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { DomainBlockJob } from './block-job.js';
import type { QmpClient } from './client.js';
import { BlockDeviceNotFound, QmpError } from './errors.js';
import { runJob } from './jobs.js';
import type { BlockDevice, SyncMode } from './schema/block.js';
import type { WaitOptions } from './waiter.js';

export interface SnapshotOptions extends WaitOptions {
  /** Name for the overlay's node; made up if left out. */
  nodeName?: string;
  /** Of the overlay; qcow2 by default. */
  format?: string;
  /** The overlay exists already, with the present image as its backing file, and is used as it is. */
  existing?: boolean;
}

/** The timeout is for the job to become ready or end; none by default. It is cancelled if it does not. */
export interface BlockJobStart extends WaitOptions {
  /** Made up if left out. */
  jobId?: string;
  /** Bytes a second; not limited by default. */
  speed?: number;
}

export interface CommitOptions extends BlockJobStart {
  /** The node to merge down; the active one by default, which makes it an active commit. */
  top?: string;
  /** The node to merge into; the bottom of the chain by default. */
  base?: string;
}

export interface MirrorOptions extends BlockJobStart {
  /** Of the copy; raw by default. */
  format?: string;
  /** `full` by default. */
  sync?: Extract<SyncMode, 'full' | 'top' | 'none'>;
  /** The target exists already and is written to. */
  existing?: boolean;
}

/** A block device of a domain. `info` is as it was when it was asked for; what is done is done to it as it is. */
export class DomainBlockDevice {
  readonly info: BlockDevice;
  readonly #client: QmpClient;

  constructor(client: QmpClient, info: BlockDevice) {
    this.#client = client;
    this.info = info;
  }

  /** The -drive id, else the device's own id or QOM path. */
  get name(): string {
    return this.info.device || this.info.qdev || '';
  }

  /** The node it was on; undefined if no medium was in. */
  get node(): string | undefined {
    return this.info.inserted?.['node-name'];
  }

  /**
   * Takes a snapshot: the device goes on in a new overlay, its present image stays as it is.
   * @param overlay absolute path of the overlay, which QEMU makes
   * @throws QmpError for a relative path or an empty drive; BlockDeviceNotFound; else as QmpClient.execute() does
   */
  async snapshot(overlay: string, options: SnapshotOptions = {}): Promise<void> {
    const { nodeName = unusedName('overlay'), format = 'qcow2', existing = false, ...wait } = options;
    await this.#client.execute(
      'blockdev-snapshot-sync',
      {
        'node-name': await this.#activeNode(),
        'snapshot-file': absolute(overlay),
        // QEMU insists on one where the device is given by its node.
        'snapshot-node-name': nodeName,
        format,
        mode: existing ? 'existing' : 'absolute-paths',
      },
      wait,
    );
  }

  /**
   * Merges an overlay into an image below it. Comes back when an active commit is ready: complete() the job then, to
   * put the device on the base, or cancel() it. A commit further down has ended by then.
   * @throws JobFailure, CommandFailure, TimeoutError, DisconnectedError, the signal's reason
   */
  async commit({ top, base, ...options }: CommitOptions = {}): Promise<DomainBlockJob> {
    const device = await this.#activeNode();
    return this.#begin('commit', options, (job) =>
      this.#client.execute('block-commit', {
        ...job,
        device,
        ...(top !== undefined && { 'top-node': top }),
        ...(base !== undefined && { 'base-node': base }),
      }),
    );
  }

  /**
   * Copies the device to a file, which QEMU makes. Comes back when the copy keeps up with the device: cancel() the job
   * then to be left with a copy, or complete() it to put the device on it.
   * @param target absolute path
   * @throws QmpError for a relative path; else as commit() does
   */
  async mirror(target: string, options: MirrorOptions = {}): Promise<DomainBlockJob> {
    const { format = 'raw', sync = 'full', existing = false, ...rest } = options;
    const path = absolute(target);
    const device = await this.#activeNode();
    return this.#begin('mirror', rest, (job) =>
      this.#client.execute('drive-mirror', {
        ...job,
        device,
        target: path,
        format,
        sync,
        mode: existing ? 'existing' : 'absolute-paths',
      }),
    );
  }

  async #begin(
    kind: string,
    { jobId, speed, timeout, signal }: BlockJobStart,
    start: (job: { 'job-id': string; speed?: number; 'auto-dismiss': false }) => Promise<unknown>,
  ): Promise<DomainBlockJob> {
    const id = jobId ?? unusedName(kind);
    // Dismissed by whoever follows it to its end: until then its error can be asked for.
    const job = { 'job-id': id, ...(speed !== undefined && { speed }), 'auto-dismiss': false } as const;
    await runJob(this.#client, id, () => start(job), {
      until: 'ready',
      signal,
      ...(timeout !== undefined && { timeout }),
    });
    return new DomainBlockJob(this.#client, id);
  }

  /** A snapshot or a job of somebody's may have put it on another node since. */
  async #activeNode(): Promise<string> {
    const { device, qdev } = this.info;
    const now = (await this.#client.execute('query-block')).find((each) =>
      qdev === undefined ? each.device === device : each.qdev === qdev,
    );
    if (!now) throw new BlockDeviceNotFound(this.name);
    const node = now.inserted?.['node-name'];
    if (node === undefined) throw new QmpError(`no medium is in ${this.name}`);
    return node;
  }
}

const unusedName = (kind: string): string => `${kind}-${randomBytes(6).toString('hex')}`;

/** QEMU would take a relative path from its own working directory, wherever that is. @throws QmpError */
function absolute(path: string): string {
  if (!isAbsolute(path)) throw new QmpError(`the path must be absolute: ${path}`);
  return path;
}
