import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const snapctl = fileURLToPath(new URL('../../dist/snapctl.js', import.meta.url));

export interface RunResult {
  /** Exit status; null if it had to be killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Quotes a word for the shell that runs the lines. */
const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

const snapctlCommand = `${quote(process.execPath)} ${quote(snapctl)}`;

/** What both programs get, so that they agree on language, zone and colours, and edit nothing. */
export const environment = (): NodeJS.ProcessEnv => {
  const { VIRSH_DEFAULT_CONNECT_URI: _, LIBVIRT_DEFAULT_URI: __, VISUAL: ___, ...rest } = process.env;
  return { ...rest, LC_ALL: 'C', TZ: 'UTC', NO_COLOR: '1', EDITOR: 'true' };
};

/** Runs a shell command line and kills it, and what it started, after `limit` ms. */
function shell(
  command: string,
  input: string,
  limit: number,
  more: NodeJS.ProcessEnv = {},
): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    // A group of its own, so that a program under the shell is killed with it.
    const child = spawn('bash', ['-c', command], { env: { ...environment(), ...more }, detached: true });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8');
      child[name].on('data', (text: string) => {
        output[name] += text;
      });
    }
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, limit);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, ...output });
    });
    // A program that ends without reading its input is no failure of ours.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/**
 * How long virsh may take, attempt by attempt, in ms. virsh 9.0 sometimes waits for ever after a save, dump or
 * restore: its job is done before it begins to wait for the job's end. With the test driver, whose jobs take no time,
 * that is every third run or so, and running it again is all that helps.
 */
const virshLimits = [2000, 2000, 3000, 3000, 4000, 5000, 5000, 10_000, 20_000];

/** How long snapctl may take, in ms; it has hung then. */
export const snapctlLimit = 20_000;

/** Where the words of a line are run. */
export interface Place {
  readonly uri: string;
  /** Added to the environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** ms until a program is killed, virsh without another attempt; for what takes long and must not be repeated. */
  readonly limit?: number;
}

/** Runs the installed virsh. @param words shell words after `virsh -c URI`. */
export async function runVirsh(place: Place, words: string, input: string): Promise<RunResult> {
  let result: RunResult = { code: null, stdout: '', stderr: '' };
  for (const limit of place.limit === undefined ? virshLimits : [place.limit]) {
    result = await shell(`virsh -c ${quote(place.uri)} ${words}`, input, limit, place.env);
    if (result.code !== null) break;
  }
  return result;
}

/** Runs the built snapctl with the same words. */
export const runSnapctl = (place: Place, words: string, input: string): Promise<RunResult> =>
  shell(`${snapctlCommand} -c ${quote(place.uri)} ${words}`, input, place.limit ?? snapctlLimit, place.env);
