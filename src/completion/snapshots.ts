import type { Completer } from './completer.js';
import { domainOnLine } from './domains.js';

/** Snapshots of the domain that the line names. */
export const snapshot: Completer = async (request) => {
  const snapshots = await (await domainOnLine(request)).listAllSnapshots(0);
  return snapshots.map(({ name }) => ({ text: name })).sort((a, b) => (a.text < b.text ? -1 : 1));
};

/** Checkpoints of the domain on the line. */
export const checkpoint: Completer = async (request) =>
  (await (await domainOnLine(request)).listAllCheckpoints(0)).map(({ name }) => ({ text: name }));
