import { PassThrough } from 'node:stream';
import { Output, type Streams } from '../../../src/shell/index.js';

/** An Output whose text can be looked at. */
export interface Recorder {
  readonly output: Output;
  stdout(): string;
  stderr(): string;
}

export function record({ quiet = false, terminal = false } = {}): Recorder {
  const texts = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr'): Streams['stdout'] => {
    const through = new PassThrough({ encoding: 'utf8' });
    through.on('data', (chunk: string) => {
      texts[name] += chunk;
    });
    return Object.assign(through, terminal ? { isTTY: true } : {});
  };
  const streams = { stdin: new PassThrough(), stdout: stream('stdout'), stderr: stream('stderr') };
  return {
    output: new Output(streams, { quiet }),
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
  };
}
