import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { CommandError, lendTerminal, type Streams, systemErrorText } from '../shell/index.js';

/** The user's shell, as other programs choose it. */
const shell = (): string => process.env.SHELL || '/bin/sh';

/**
 * Runs a command line of the system's shell with the terminal, and waits for its end. An interrupt typed meanwhile
 * is the command's.
 * @throws CommandError it can't be started, or fails.
 */
export async function runInShell(streams: Streams, line: string): Promise<void> {
  await lendTerminal(
    streams,
    async () => {
      const child = spawn(shell(), line === '' ? [] : ['-c', line], { stdio: 'inherit' });
      tellEnd(await endOf(child));
    },
    { display: true },
  );
}

/**
 * Runs a command line of the system's shell that reads what `write` writes, with the terminal, and waits for both.
 * @throws CommandError it can't be started, or fails.
 */
export async function runPipe(
  streams: Streams,
  line: string,
  write: (input: Writable) => Promise<void>,
): Promise<void> {
  await lendTerminal(
    streams,
    async () => {
      const child = spawn(shell(), ['-c', line], { stdio: ['pipe', 'inherit', 'inherit'] });
      // A reader that has seen enough is no failure.
      child.stdin.on('error', () => undefined);
      const end = endOf(child);
      try {
        await write(child.stdin);
      } finally {
        child.stdin.end();
      }
      tellEnd(await end);
    },
    { display: true },
  );
}

/** What `| ` alone pipes into. */
export const pager = (): string => process.env.PAGER || 'less -FRX';

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

async function endOf(child: ReturnType<typeof spawn>): Promise<End> {
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return { code, signal };
  } catch (error) {
    throw new CommandError(`cannot run ${shell()}: ${systemErrorText(error)}`);
  }
}

function tellEnd({ code, signal }: End): void {
  if (code === 0 || signal === 'SIGINT' || signal === 'SIGPIPE') return;
  if (signal) throw new CommandError(`command was killed by ${signal}`);
  throw new CommandError(`command ended with status ${code}`);
}
