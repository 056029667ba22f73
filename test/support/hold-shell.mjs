// With --import: the shell's own code, and with it whatever paints, is not loaded before the file exists that HOLD_SHELL names.
import { existsSync, watch } from 'node:fs';
import { register } from 'node:module';
import { dirname } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const file = process.env.HOLD_SHELL;

/** Node calls it, in a thread of its own, for every module. */
export async function load(url, context, next) {
  if (file && /\/chunks\/shell-[^/]*\.js$/.test(url)) await appears(file);
  return next(url, context);
}

async function appears(path) {
  await new Promise((resolve) => {
    const watcher = watch(dirname(path), look);
    look();
    function look() {
      if (!existsSync(path)) return;
      watcher.close();
      resolve();
    }
  });
}

if (isMainThread) register(import.meta.url);
