import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/**
 * Runs a program and waits for its end.
 * @param {string} program
 * @param {readonly string[]} words
 * @param {{input?: string, env?: NodeJS.ProcessEnv, timeout?: number, signal?: AbortSignal, detached?: boolean,
 *   descriptors?: boolean, started?: (child: import('node:child_process').ChildProcess) => void}} [options] input:
 *   standard input, by default at its end; env: added to ours; timeout: ms until it is killed; signal: sends SIGINT, as
 *   Ctrl-C would; detached: a terminal's Ctrl-C doesn't reach it; descriptors: 3 to 10 are taken; started: is given the
 *   running process
 * @returns {Promise<{code: number|null, signal: string|null, stdout: string, stderr: string}>}
 */
export function runToEnd(program, words, options = {}) {
  const { input = '', env, timeout = 120_000, signal, detached = false, started } = options;
  const taken = options.descriptors ? openSync('/dev/null', 'r+') : undefined;
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      env: { ...process.env, ...env },
      timeout,
      killSignal: 'SIGKILL',
      detached,
      ...(taken === undefined ? {} : { stdio: ['pipe', 'pipe', 'pipe', ...Array(8).fill(taken)] }),
    });
    if (taken !== undefined) closeSync(taken);
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8');
      child[name].on('data', (text) => {
        output[name] += text;
      });
    }
    const interrupt = () => child.kill('SIGINT');
    signal?.addEventListener('abort', interrupt);
    child.on('error', reject);
    child.on('close', (code, killedBy) => {
      signal?.removeEventListener('abort', interrupt);
      resolve({ code, signal: killedBy, ...output });
    });
    // A program that ends without reading its input is no failure of ours.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    started?.(child);
  });
}
