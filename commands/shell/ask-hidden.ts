import { type Context, InterruptedError, lendTerminal } from '../../src/shell/index.js';

/** Asks on the terminal for a line that is not shown. @throws InterruptedError */
export function askHidden({ output, signal }: Context, question: string): Promise<string> {
  return lendTerminal(output.streams, async (input) => {
    input.setRawMode?.(true);
    output.streams.stderr.write(question);
    let typed = '';
    try {
      for (;;) {
        const chunk = await nextChunk(input, signal);
        for (const key of chunk) {
          if (key === '\r' || key === '\n') return typed;
          if (key === '\u0003' || key === '\u0004') throw new InterruptedError('interrupted');
          if (key === '\u007f' || key === '\b') typed = [...typed].slice(0, -1).join('');
          else if (key === '\u0015') typed = '';
          else if (key >= ' ') typed += key;
        }
      }
    } finally {
      input.setRawMode?.(false);
      output.streams.stderr.write('\n');
    }
  });
}

type Input = Parameters<Parameters<typeof lendTerminal>[1]>[0];

function nextChunk(input: Input, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      input.off('data', onData);
      input.off('end', onEnd);
      signal.removeEventListener('abort', onEnd);
      input.pause();
    };
    const onData = (chunk: string | Uint8Array): void => {
      stop();
      resolve(Buffer.from(chunk).toString('utf8'));
    };
    const onEnd = (): void => {
      stop();
      reject(new InterruptedError('interrupted'));
    };
    input.on('data', onData);
    input.once('end', onEnd);
    signal.addEventListener('abort', onEnd, { once: true });
    input.resume();
  });
}
