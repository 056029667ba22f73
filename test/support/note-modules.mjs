// With node --import: writes the address of every module that is loaded to the file that NOTE_MODULES names.
import { appendFileSync } from 'node:fs';
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const file = process.env.NOTE_MODULES;

/** Node calls it, in a thread of its own, for every module. */
export async function load(url, context, next) {
  if (file) appendFileSync(file, `${url}\n`);
  return next(url, context);
}

if (isMainThread) register(import.meta.url);
