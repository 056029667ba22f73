import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  DisconnectedError,
  followJob,
  type Job,
  JobFailure,
  type JobStatus,
  QmpClient,
  runJob,
  TimeoutError,
} from '../../../src/qmp/index.js';
import { FakeMonitor } from './fake-monitor.js';

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    (value) => {
      throw new Error(`resolved with ${JSON.stringify(value)}`);
    },
    (error) => error,
  );

/** A monitor with jobs: `start` begins one, which goes where the test sends it. */
class JobMonitor {
  readonly jobs = new Map<string, Job>();
  readonly commands: string[] = [];
  /** Whether job-cancel ends a job, or is refused as QEMU does for jobs that cannot be cancelled. */
  cancels = true;
  readonly monitor = new FakeMonitor(({ execute = '', arguments: args, id }, connection) => {
    const job = String(args?.id ?? args?.device ?? args?.['job-id'] ?? '');
    if (execute !== 'query-jobs') this.commands.push(`${execute} ${job}`.trim());
    const refuse = (desc: string) => connection.send({ error: { class: 'GenericError', desc }, id });
    switch (execute) {
      case 'query-jobs':
        return connection.reply(id, [...this.jobs.values()]);
      case 'start':
        this.jobs.set(job, {
          id: job,
          type: 'test',
          status: 'created',
          'current-progress': 0,
          'total-progress': 1,
        });
        this.to(job, 'created', 'running');
        return connection.reply(id);
      case 'job-dismiss':
        if (!this.jobs.has(job)) return refuse('Job not found');
        this.to(job, 'null');
        this.jobs.delete(job);
        return connection.reply(id);
      case 'job-cancel':
        if (!this.cancels) return refuse('This job cannot be cancelled');
        connection.reply(id);
        this.fail(job, 'Operation canceled');
        return undefined;
      default:
        return connection.reply(id);
    }
  });

  to(id: string, ...statuses: JobStatus[]): void {
    for (const status of statuses) {
      const job = this.jobs.get(id);
      if (job) job.status = status;
      const timestamp = { seconds: 1, microseconds: 1 };
      this.monitor.last.send({ event: 'JOB_STATUS_CHANGE', data: { id, status }, timestamp });
    }
  }

  fail(id: string, error: string): void {
    const job = this.jobs.get(id);
    if (job) job.error = error;
    this.to(id, 'aborting', 'concluded');
  }
}

let server: JobMonitor;
let client: QmpClient;

const start = (id: string) => () => client.execute('start', { 'job-id': id });
const running = async (id: string) => {
  while (server.jobs.get(id)?.status !== 'running') await new Promise((resolve) => setTimeout(resolve, 1));
};

beforeEach(async () => {
  server = new JobMonitor();
  await server.monitor.listen();
  client = await QmpClient.connect(server.monitor.path);
});

afterEach(async () => {
  await client.disconnect();
  await server.monitor.close();
});

describe('a job', () => {
  test('is started, followed, and dismissed when it has ended', async () => {
    const statuses: JobStatus[] = [];
    const job = runJob(client, 'a', start('a'), { onStatus: (status) => statuses.push(status) });
    await running('a');
    server.to('other', 'concluded');
    server.to('a', 'waiting', 'pending', 'concluded');
    await job;
    expect(statuses).toEqual(['created', 'running', 'waiting', 'pending', 'concluded']);
    expect(server.commands).toEqual(['start a', 'job-dismiss a']);
  });

  test('fails with the words of query-jobs, and is dismissed', async () => {
    const job = rejection(runJob(client, 'a', start('a')));
    await running('a');
    server.fail('a', 'No space left on device');
    const error = await job;
    expect(error).toBeInstanceOf(JobFailure);
    expect(error).toMatchObject({ jobId: 'a', description: 'No space left on device' });
    expect(server.jobs.size).toBe(0);
  });

  test('that dismisses itself ends well', async () => {
    const job = runJob(client, 'a', start('a'));
    await running('a');
    server.jobs.delete('a');
    server.to('a', 'concluded', 'null');
    await job;
  });

  test.each([
    ['complete', 'job-complete a'],
    ['finish', 'block-job-cancel a'],
  ] as const)('that is ready is told to %s, once', async (whenReady, command) => {
    const job = runJob(client, 'a', start('a'), { whenReady });
    await running('a');
    server.to('a', 'ready', 'standby', 'ready', 'waiting', 'pending', 'concluded');
    await job;
    expect(server.commands).toEqual(['start a', command, 'job-dismiss a']);
  });

  test('that waits to be finalized is, after what has to happen before', async () => {
    const order: string[] = [];
    const job = runJob(client, 'a', start('a'), {
      beforeFinalize: async () => {
        order.push(...server.commands);
      },
    });
    await running('a');
    server.to('a', 'pending', 'concluded');
    await job;
    expect(order).toEqual(['start a']);
    expect(server.commands).toContain('job-finalize a');
  });

  test('left by an earlier run is dismissed first; one that runs is not touched', async () => {
    server.jobs.set('a', {
      id: 'a',
      type: 't',
      status: 'concluded',
      'current-progress': 1,
      'total-progress': 1,
    });
    const job = runJob(client, 'a', start('a'));
    await running('a');
    const second = await rejection(runJob(client, 'a', start('a')));
    expect(second).toBeInstanceOf(JobFailure);
    expect(second.description).toBe('a job of this id is running already');
    server.to('a', 'concluded');
    await job;
    expect(server.commands).toEqual(['job-dismiss a', 'start a', 'job-dismiss a']);
  });

  test('is cancelled and dismissed at its deadline, and when it is aborted', async () => {
    const late = await rejection(runJob(client, 'a', start('a'), { timeout: 40 }));
    expect(late).toBeInstanceOf(TimeoutError);
    expect(late.message).toBe('job a did not end within 40 ms');
    const abort = new AbortController();
    const aborted = rejection(runJob(client, 'b', start('b'), { signal: abort.signal }));
    await running('b');
    abort.abort(new Error('interrupted'));
    expect((await aborted).message).toBe('interrupted');
    expect(server.commands).toEqual([
      ...['start a', 'job-cancel a', 'job-dismiss a'],
      ...['start b', 'job-cancel b', 'job-dismiss b'],
    ]);
    expect(server.jobs.size).toBe(0);
  });

  test('that cannot be cancelled is waited for, as long as there is patience', async () => {
    server.cancels = false;
    const patient = rejection(runJob(client, 'a', start('a'), { timeout: 20 }));
    await running('a');
    setTimeout(() => server.to('a', 'concluded'), 60);
    expect(await patient).toBeInstanceOf(TimeoutError);
    expect(server.jobs.size).toBe(0);
    const started = performance.now();
    await rejection(runJob(client, 'b', start('b'), { timeout: 20, patience: 50 }));
    expect(performance.now() - started).toBeLessThan(1000);
    expect(server.jobs.size).toBe(1);
  });

  test('whose command is refused leaves nothing to wait for', async () => {
    const refused = runJob(client, 'a', () => Promise.reject(new Error('refused')));
    expect((await rejection(refused)).message).toBe('refused');
  });

  test('ends for us when the connection does', async () => {
    const job = rejection(runJob(client, 'a', start('a')));
    await running('a');
    server.monitor.last.socket.destroy();
    expect(await job).toBeInstanceOf(DisconnectedError);
  });

  test('that runs already can be followed; one that is gone has ended', async () => {
    await followJob(client, 'none');
    server.jobs.set('a', { id: 'a', type: 't', status: 'ready', 'current-progress': 1, 'total-progress': 1 });
    const job = followJob(client, 'a', { whenReady: 'complete' });
    while (!server.commands.includes('job-complete a'))
      await new Promise((resolve) => setTimeout(resolve, 1));
    server.to('a', 'concluded');
    await job;
    server.jobs.set('b', {
      id: 'b',
      type: 't',
      status: 'concluded',
      error: 'x',
      'current-progress': 1,
      'total-progress': 1,
    });
    expect(await rejection(followJob(client, 'b'))).toBeInstanceOf(JobFailure);
    expect(server.jobs.size).toBe(0);
  });
});
