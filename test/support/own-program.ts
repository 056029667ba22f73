import { Readable, Writable } from 'node:stream';
import { expect } from '@jest/globals';
import { runProgram } from '../../src/cli/program.js';

class Collected extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

interface OwnResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program on a URI within this process: a start of Node is four fifths of what a line takes. */
export async function runHere(uri: string, words: readonly string[]): Promise<OwnResult> {
  const [stdout, stderr] = [new Collected(), new Collected()];
  const { status } = await runProgram(['-c', uri, ...words], { stdin: Readable.from(['']), stdout, stderr });
  return { code: status, stdout: stdout.text, stderr: stderr.text };
}

/** What commands say on a URI that is known later, within this process: of any, of one that must succeed or must fail. */
export function ownCommands(uri: () => string) {
  const run = (...words: string[]): Promise<OwnResult> => runHere(uri(), words);
  return {
    run,
    ok: async (...words: string[]): Promise<string> => {
      const { code, stdout, stderr } = await run(...words);
      expect({ words, code, stderr }).toEqual({ words, code: 0, stderr: '' });
      return stdout.trim();
    },
    refusal: async (...words: string[]): Promise<string> => {
      const { code, stdout, stderr } = await run(...words);
      expect({ words, code, stdout: stdout.trim() }).toEqual({ words, code: 1, stdout: '' });
      return stderr.trim();
    },
  };
}
