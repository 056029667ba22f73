import type { MessagePort } from 'node:worker_threads';
import { Dispatcher, type DispatcherOptions } from './dispatcher.js';
import { encodeError } from './error-crossing.js';
import type { LaneRequest, WorkerAnswer } from './worker-protocol.js';

/** Serves one connection's calls, in the order they come. */
export function runCallLane(port: MessagePort, options: DispatcherOptions): void {
  const dispatcher = new Dispatcher(options);

  const perform = (request: LaneRequest): unknown => {
    switch (request.op) {
      case 'open':
        return dispatcher.open();
      case 'call':
        return dispatcher.invoke(request.object, request.method, request.args);
      case 'release':
        return dispatcher.release();
      case 'close':
        return dispatcher.close();
    }
  };

  port.on('message', (request: LaneRequest) => {
    let answer: WorkerAnswer;
    try {
      answer = { id: request.id, value: perform(request) };
    } catch (error) {
      answer = { id: request.id, error: encodeError(error) };
    }
    port.postMessage(answer);
    if (request.op === 'close') port.close();
  });
}
