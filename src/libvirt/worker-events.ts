import type { MessagePort } from 'node:worker_threads';
import koffi from 'koffi';
import { encodeError } from './error-crossing.js';
import { makeCallback } from './event-callbacks.js';
import { EventSource } from './event-source.js';
import { native } from './library.js';
import { StreamPump } from './stream-pump.js';
import type { EventRequest, SourceEvent, WorkerAnswer } from './worker-protocol.js';

/**
 * Turns libvirt's event loop, for every connection of the process, and holds the connections that listen. Only one
 * thread may do this: callbacks run on the thread that turns the loop, and they belong to this one.
 */
export function runEventThread(port: MessagePort, leaving: SharedArrayBuffer): void {
  const left = new Int32Array(leaving);
  const sources = new Map<number, EventSource>();
  const streams = new Map<number, StreamPump>();
  let batch: SourceEvent[] = [];
  let running = true;
  const post = (answer: WorkerAnswer) => port.postMessage(answer);
  const postEvents = (): void => {
    if (batch.length === 0) return;
    post({ events: batch });
    batch = [];
  };

  const wakeCallback = makeCallback('void', ['int', 'void *'], ((timer: number) => {
    native.virEventUpdateTimeout(timer, -1);
  }) as (...values: never[]) => void);
  const wake: number = native.virEventAddTimeout(-1, wakeCallback, null, null);

  // A JavaScript timer does not fire while the loop waits inside libvirt, so a libvirt timer ends that wait.
  const wakeLater = (after: number, run: () => void): NodeJS.Timeout => {
    native.virEventUpdateTimeout(wake, after);
    return setTimeout(run, after);
  };

  const find = (source: number): EventSource => {
    const found = sources.get(source);
    if (!found) throw new TypeError('the connection is no longer watched');
    return found;
  };

  const perform = (request: EventRequest): unknown => {
    switch (request.op) {
      case 'start':
        setImmediate(turn);
        return wake;
      case 'open': {
        const { source } = request;
        const deliver = (event: object, watch?: number) =>
          batch.push(watch === undefined ? { source, event } : { source, watch, event });
        const opened = new EventSource(request.options, deliver, wakeLater);
        opened.open();
        sources.set(source, opened);
        return undefined;
      }
      case 'watch':
        return find(request.source).watch(request.watch, { names: request.names, domain: request.domain });
      case 'watch-object': {
        const { object, names, key } = request;
        return find(request.source).watch(request.watch, { object, names, key });
      }
      case 'watch-monitor':
        return find(request.source).watch(request.watch, {
          monitor: request.event,
          domain: request.domain,
          flags: request.flags,
        });
      case 'unwatch':
        return find(request.source).unwatch(request.watch);
      case 'close':
        sources.get(request.source)?.close();
        sources.delete(request.source);
        return undefined;
      case 'open-stream': {
        const { source, addresses } = request;
        streams.set(source, new StreamPump(addresses, (event) => batch.push({ source, event })));
        return undefined;
      }
      case 'grant-stream':
        return streams.get(request.source)?.grant(request.bytes);
      case 'send-stream':
        return streams.get(request.source)?.send(request.data);
      case 'close-stream':
        streams.get(request.source)?.close();
        streams.delete(request.source);
        return undefined;
      case 'stop':
        for (const stream of streams.values()) stream.close();
        streams.clear();
        for (const source of sources.values()) source.close();
        sources.clear();
        running = false;
        return undefined;
    }
  };

  port.on('message', (request: EventRequest) => {
    const { id } = request;
    const refuse = (error: unknown) => post({ id, error: encodeError(error) });
    try {
      const value = perform(request);
      if (value instanceof Promise) value.then(() => post({ id, value: undefined }), refuse);
      else post({ id, value });
    } catch (error) {
      refuse(error);
    }
    // The next turn may wait for long.
    postEvents();
  });

  const turn = (): void => {
    if (Atomics.load(left, 0) !== 0) return;
    if (!running) {
      native.virEventRemoveTimeout(wake);
      koffi.unregister(wakeCallback);
      port.close();
      return;
    }
    native.virEventRunDefaultImpl();
    postEvents();
    // Between two turns the thread reads its messages and fires its timers.
    setImmediate(turn);
  };
}
