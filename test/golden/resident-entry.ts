import { Readable, Writable } from 'node:stream';
import { runProgram } from '../../src/cli/program.js';

// The program as a resident of one process: runs each line that it is sent, with streams of its own.

/** What is asked of it. */
export interface ResidentOrder {
  readonly argv: readonly string[];
  readonly input: string;
}

class Collected extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

const home = process.cwd();
process.on('message', async ({ argv, input }: ResidentOrder) => {
  const [stdout, stderr] = [new Collected(), new Collected()];
  const { status } = await runProgram(argv, { stdin: Readable.from([input]), stdout, stderr });
  process.chdir(home);
  process.send?.({ code: status, stdout: stdout.text, stderr: stderr.text });
});
