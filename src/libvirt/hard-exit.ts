import { libc } from './library.js';

/** How long output may take to be written before we leave without it, in ms. */
const FLUSH_LIMIT = 2000;

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) resolve();
    else stream.write('', () => resolve());
  });
}

/**
 * Ends the process though threads are inside native calls, which process.exit() would wait for. What was written
 * to stdout and stderr is written out first.
 */
export async function hardExit(code: number): Promise<never> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FLUSH_LIMIT);
  });
  await Promise.race([Promise.all([flushed(process.stdout), flushed(process.stderr)]), limit]);
  clearTimeout(timer);
  libc().func('void _exit(int status)')(code);
  throw new Error('_exit returned');
}
