import { Readable, Writable } from 'node:stream';
import { runProgram } from '../../src/cli/program.js';

class Collected extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Runs the program on a URI within this process: a start of Node is four fifths of what a line takes. */
export async function runHere(
  uri: string,
  words: readonly string[],
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const [stdout, stderr] = [new Collected(), new Collected()];
  const { status } = await runProgram(['-c', uri, ...words], { stdin: Readable.from(['']), stdout, stderr });
  return { code: status, stdout: stdout.text, stderr: stderr.text };
}
