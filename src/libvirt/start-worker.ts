import { Worker } from 'node:worker_threads';
import { workerFile } from './worker-file.js';
import type { WorkerRole } from './worker-protocol.js';

/** What passes through a thread is garbage at once; by default Node lets 48 MiB of it lie before it looks. */
const YOUNG_MIB = 4;

/** Starts a thread for a WorkerClient, which may be made later: this needs nothing of libvirt's. */
export function startWorker(role: WorkerRole): Worker {
  const worker = new Worker(workerFile(), {
    workerData: role,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
  });
  // Before somebody listens; who comes later finds that it has ended.
  worker.on('error', () => undefined);
  worker.unref();
  return worker;
}
