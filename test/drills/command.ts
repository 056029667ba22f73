import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

export interface CommandResult {
  /** Null if it was killed. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

/** A snapctl command that runs in a process of its own. */
export class RunningCommand {
  readonly child: ChildProcess;
  readonly ended: Promise<CommandResult>;
  #over = false;

  constructor(program: string, words: readonly string[], environment: Readonly<Record<string, string>>) {
    const started = performance.now();
    this.child = spawn(process.execPath, [program, ...words], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    this.child.stdout?.on('data', (chunk) => {
      stdout += chunk;
    });
    this.child.stderr?.on('data', (chunk) => {
      stderr += chunk;
    });
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('exit', () => {
        this.#over = true;
      });
      // What it started and left behind may hold its pipes open; that shows as a command that doesn't end.
      this.child.once('close', (status, signal) =>
        resolve({ status, signal, stdout, stderr, milliseconds: performance.now() - started }),
      );
    });
  }

  get over(): boolean {
    return this.#over;
  }

  /** @throws Error it takes longer; it is killed then */
  async within(milliseconds: number): Promise<CommandResult> {
    const deadline = new AbortController();
    const late = delay(milliseconds, undefined, { signal: deadline.signal }).then(
      () => {
        this.child.kill('SIGKILL');
        throw new Error(
          `the command did not end within ${milliseconds} ms: ${this.child.spawnargs.join(' ')}`,
        );
      },
      () => new Promise<never>(() => undefined),
    );
    try {
      return await Promise.race([this.ended, late]);
    } finally {
      deadline.abort();
    }
  }
}

/** What is wrong with the way a command failed: it must say why, in a line or two, and not fall over. */
export function complaintsAbout({ status, stderr }: CommandResult): string[] {
  if (status === 0) return [];
  const complaints: string[] = [];
  if (!/^error: \S/m.test(stderr)) complaints.push('it gave no reason');
  if (/^\s+at .*[:(]\d+/m.test(stderr) || stderr.includes('node:internal')) {
    complaints.push('it ended with a stack trace');
  }
  if (stderr.length > 4000) complaints.push('its error text is overlong');
  return complaints.map((text) => `${text}: ${JSON.stringify(stderr.slice(0, 600))}`);
}
