import { leave } from './leave.js';
import { runProgram } from './program.js';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe is gone: nothing more can be said, and that is no fault of the command's.
  if (error.code === 'EPIPE') process.exit(0);
  if (error.code !== 'EIO') throw error;
});
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  // EIO: the terminal is gone. SIGHUP tells so as well, and what runs must be able to clean up.
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
});

const { status, threads } = await runProgram(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
});
await leave(status, threads);
