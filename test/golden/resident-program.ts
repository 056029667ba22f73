import { type ChildProcess, execFile, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { environment, type RunResult, snapctlLimit } from './compared-run.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The program in a process that stays, so that a line costs neither a start of Node nor a load of the program; where
 * each line has a process of its own, those two are four fifths of what the line takes. It is built as the program is.
 */
export class ResidentProgram {
  readonly #dist: string;
  #child: ChildProcess | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(dist: string) {
    this.#dist = dist;
  }

  static async create(): Promise<ResidentProgram> {
    // Within node_modules, so that it finds the native packages.
    const cache = join(root, 'node_modules', '.cache');
    mkdirSync(cache, { recursive: true });
    const dist = join(mkdtempSync(join(cache, 'snapctl-resident-')), 'dist');
    const entry = join(dirname(fileURLToPath(import.meta.url)), 'resident-entry.ts');
    await promisify(execFile)(process.execPath, [
      join(root, 'scripts', 'build.mjs'),
      ...['--outdir', dist, '--no-types', '--entry', `resident=${entry}`],
    ]);
    return new ResidentProgram(dist);
  }

  /** Runs a line after those before it: within one process all share what the test driver remembers. */
  run(argv: readonly string[], input: string): Promise<RunResult> {
    const result = this.#turn.then(() => this.#run(argv, input));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  #run(argv: readonly string[], input: string): Promise<RunResult> {
    this.#child ??= fork(join(this.#dist, 'resident.js'), { env: environment(), execArgv: [] });
    const child = this.#child;
    return new Promise((resolve) => {
      const end = (result: RunResult): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(result);
      };
      const timer = setTimeout(() => child.kill('SIGKILL'), snapctlLimit);
      child.once('message', (result: RunResult) => end(result));
      child.once('exit', (_, signal) => {
        this.#child = undefined;
        end({ code: null, stdout: '', stderr: `the resident program ended: ${signal}\n` });
      });
      child.send({ argv, input });
    });
  }

  dispose(): void {
    this.#child?.kill('SIGKILL');
    rmSync(dirname(this.#dist), { recursive: true, force: true });
  }
}
