import { describe, expect, test } from '@jest/globals';
import type { Connection, Domain, JobInfo } from '../../../src/hypervisor/index.js';
import type { Context } from '../../../src/shell/context.js';
import { runDomainJob } from '../../../src/shell/domain-job.js';
import { InterruptedError } from '../../../src/shell/errors.js';

/** A job that goes on until it is aborted or ended, and the connections that see it. */
function scene({ refuseAborts = 0, brokenConnections = 0 } = {}) {
  const interrupt = new AbortController();
  const seen = { opened: 0, closed: 0, aborts: 0 };
  let end: (error?: Error) => void = () => undefined;
  const target = {
    abortJob: async () => {
      seen.aborts += 1;
      if (seen.aborts <= refuseAborts) throw new Error('no job is active on the domain');
      end(new Error('operation aborted'));
    },
    getJobInfo: async () => ({ type: 2, dataTotal: 10n, dataRemaining: 4n }) as unknown as JobInfo,
  };
  const connection = {
    secondary: async () => {
      seen.opened += 1;
      if (seen.opened <= brokenConnections) throw new Error('cannot connect');
      return {
        domainLookupByUUIDString: async () => target,
        release: async () => undefined,
        close: async () => {
          seen.closed += 1;
        },
      };
    },
  } as unknown as Connection;
  const context = { connection, signal: interrupt.signal } as unknown as Context;
  const operation = (): Promise<string> =>
    new Promise((resolve, reject) => {
      end = (error) => (error ? reject(error) : resolve('done'));
    });
  const run = (options = {}) => runDomainJob(context, { uuid: 'u' } as Domain, operation, options);
  return { interrupt, seen, run, end: (error?: Error) => end(error) };
}

describe('a long operation on a domain', () => {
  test('needs no second connection when nobody interrupts', async () => {
    const { run, seen, end } = scene();
    const result = run();
    end();
    expect(await result).toEqual({ value: 'done', interrupted: false });
    expect(seen).toEqual({ opened: 0, closed: 0, aborts: 0 });
  });

  test('passes its failure on', async () => {
    const { run, end } = scene();
    const result = run();
    end(new Error('disk full'));
    await expect(result).rejects.toThrow('disk full');
  });

  test('is aborted on interrupt, as often as it takes', async () => {
    const { run, seen, interrupt } = scene({ refuseAborts: 3, brokenConnections: 2 });
    const told: string[] = [];
    const result = run({ onInterrupt: () => told.push('interrupt') });
    interrupt.abort();
    const error = await result.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InterruptedError);
    expect((error as Error).cause).toEqual(new Error('operation aborted'));
    expect(seen).toEqual({ opened: 3, closed: 1, aborts: 4 });
    expect(told).toEqual(['interrupt']);
  });

  test('tells when it finished all the same', async () => {
    const { run, interrupt, end } = scene({ refuseAborts: 1000 });
    const result = run();
    interrupt.abort();
    end();
    expect(await result).toEqual({ value: 'done', interrupted: true });
  });

  test('does not begin after an interrupt', async () => {
    const { run, interrupt } = scene();
    interrupt.abort();
    await expect(run()).rejects.toBeInstanceOf(InterruptedError);
  });

  test('reports progress while it runs', async () => {
    const { run, seen, end } = scene();
    const job = await new Promise<JobInfo>((resolve, reject) => {
      run({
        onProgress: (info: JobInfo) => {
          resolve(info);
          end();
        },
      }).catch(reject);
    });
    expect(job.dataRemaining).toBe(4n);
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen).toEqual({ opened: 1, closed: 1, aborts: 0 });
  });
});
