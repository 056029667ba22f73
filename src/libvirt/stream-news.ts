import type { CrossingError } from './error-crossing.js';

/** What a stream on the event thread tells; all but data is the last that it tells. `lost`: why its connection was. */
export type StreamNews =
  | { readonly data: Uint8Array }
  | { readonly end: true }
  | { readonly error: CrossingError }
  | { readonly lost: number };

/** How many bytes may be on their way between the threads before the event thread stops reading. */
export const STREAM_WINDOW = 1024 * 1024;
