import type { DispatcherOptions } from './dispatcher.js';
import type { CrossingError } from './error-crossing.js';
import type { EventObject } from './object-events.js';
import type { StreamAddresses } from './stream.js';

/** What a worker is started as. */
export type WorkerRole =
  | { role: 'calls'; options: DispatcherOptions }
  | {
      role: 'events';
      /** One number; once it is not 0 the loop is not entered again. */
      leaving: SharedArrayBuffer;
    };

/** To a call lane. Requests are answered in order, by id. */
export type LaneRequest =
  | { id: number; op: 'open' | 'release' | 'close' }
  | { id: number; op: 'call'; object: number; method: string; args: unknown[] };

/** To the event thread: `source` numbers one of its connections or streams. */
export type EventRequest =
  | { id: number; op: 'open'; source: number; options: DispatcherOptions }
  | { id: number; op: 'watch'; source: number; watch: number; names: string[]; domain?: string | undefined }
  | {
      id: number;
      op: 'watch-object';
      source: number;
      watch: number;
      object: EventObject;
      names: string[];
      key?: string | undefined;
    }
  | {
      id: number;
      op: 'watch-monitor';
      source: number;
      watch: number;
      event: string | null;
      domain?: string | undefined;
      flags: number;
    }
  | { id: number; op: 'unwatch'; source: number; watch: number }
  | { id: number; op: 'close'; source: number }
  /** A stream has no watches: its events are its source's own. */
  | { id: number; op: 'open-stream'; source: number; addresses: StreamAddresses }
  /** So many bytes of what came were taken. */
  | { id: number; op: 'grant-stream'; source: number; bytes: number }
  /** Answered when all of it was sent, or nothing more can be. */
  | { id: number; op: 'send-stream'; source: number; data: Uint8Array }
  | { id: number; op: 'close-stream'; source: number }
  /** Answered with libvirt's timer that, set to 0, gets the thread out of a wait. */
  | { id: number; op: 'start' }
  | { id: number; op: 'stop' };

/** Leaves the id to the sender. */
export type WithoutId<T> = T extends { id: number } ? Omit<T, 'id'> : never;

export type WorkerAnswer =
  | { id: number; value: unknown }
  | { id: number; error: CrossingError }
  | { events: SourceEvent[] };

/** An event on its way out of the event thread. `watch` is absent for the connection's own. */
export interface SourceEvent {
  source: number;
  watch?: number;
  event: unknown;
}
