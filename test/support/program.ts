import { type ChildProcess, spawn } from 'node:child_process';
import { snapctl } from './embed.mjs';

/** How a run of the program ended, and all that it said. */
export interface ProgramResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

export interface ProgramOptions {
  /** Standard input; at its end by default. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds until it is killed, 60,000 by default; it has hung then. */
  readonly timeout?: number;
  readonly started?: (child: ChildProcess) => void;
}

/** Runs the built program (SNAPCTL_TEST_PROGRAM, or the one in dist) on a URI, and waits for its end. */
export async function runProgram(
  uri: string,
  words: readonly string[],
  { input, env, timeout = 60_000, started }: ProgramOptions = {},
): Promise<ProgramResult> {
  const begun = performance.now();
  const program = process.env.SNAPCTL_TEST_PROGRAM ?? snapctl;
  const child = spawn(process.execPath, [program, '-c', uri, ...words], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C.UTF-8', NO_COLOR: '1', ...env },
    timeout,
    killSignal: 'SIGKILL',
  });
  started?.(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ code, signal, stdout, stderr, milliseconds: performance.now() - begun }),
    );
  });
}
