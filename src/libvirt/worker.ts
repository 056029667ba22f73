import { parentPort, workerData } from 'node:worker_threads';
import { runCallLane } from './worker-calls.js';
import { runEventThread } from './worker-events.js';
import type { WorkerRole } from './worker-protocol.js';

// The entry of every worker thread: a call lane or the event thread.
if (!parentPort) throw new Error('this file is a worker thread');
const role = workerData as WorkerRole;
if (role.role === 'calls') runCallLane(parentPort, role.options);
else runEventThread(parentPort, role.leaving);
