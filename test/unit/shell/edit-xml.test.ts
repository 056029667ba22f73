import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  askChoice,
  CommandError,
  type Context,
  editXml,
  InterruptedError,
  Output,
  SilentFailure,
} from '../../../src/shell/index.js';

/** A terminal's two ends: keys go in, what was shown comes out. */
class Terminal {
  readonly stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    isRaw: false,
    setRawMode(this: { isRaw: boolean }, raw: boolean) {
      this.isRaw = raw;
    },
  });
  readonly stdout = Object.assign(new PassThrough(), { isTTY: true });
  readonly stderr = Object.assign(new PassThrough(), { isTTY: true });
  readonly abort = new AbortController();
  readonly output = new Output(this, { quiet: false });
  shown = '';
  errors = '';

  constructor() {
    this.stdout.on('data', (text: Buffer) => {
      this.shown += text.toString();
    });
    this.stderr.on('data', (text: Buffer) => {
      this.errors += text.toString();
    });
  }

  get context(): Context {
    return { output: this.output, signal: this.abort.signal, json: false } as unknown as Context;
  }

  /** Types each text when the question has been asked once more. */
  answer(...keys: string[]): void {
    let asked = 0;
    this.stdout.on('data', () => {
      const now = this.shown.split(']: ').length - 1;
      while (asked < now) {
        asked += 1;
        const next = keys.shift();
        if (next !== undefined) this.stdin.write(next);
      }
    });
  }
}

const choices = [
  ['y', 'do it'],
  ['n', 'leave it'],
] as const;

describe('a question with one-key answers', () => {
  test('takes the first key that is an answer, in either case, and gives back what came after it', async () => {
    const terminal = new Terminal();
    terminal.answer('x?\rYlater');
    await expect(askChoice(terminal.context, 'Really?', choices)).resolves.toBe('y');
    expect(terminal.shown).toContain('Really? [y,n,?]: ');
    expect(terminal.shown).toContain('y - do it\nn - leave it\n? - print this help\n');
    expect(String(terminal.stdin.read())).toBe('later');
    expect(terminal.stdin.isRaw).toBe(false);
  });

  test.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s answers nothing', async (_, key) => {
    const terminal = new Terminal();
    terminal.answer(key);
    await expect(askChoice(terminal.context, 'Really?', choices)).resolves.toBeUndefined();
  });

  test('ends with the input and with an interrupt', async () => {
    const ended = new Terminal();
    const first = askChoice(ended.context, 'Really?', choices);
    ended.stdin.end();
    await expect(first).resolves.toBeUndefined();
    const interrupted = new Terminal();
    const second = askChoice(interrupted.context, 'Really?', choices);
    interrupted.abort.abort();
    await expect(second).resolves.toBeUndefined();
  });

  test('is not heard by whoever reads the terminal otherwise, who then reads on', async () => {
    const terminal = new Terminal();
    const heard: string[] = [];
    terminal.stdin.on('data', (text: Buffer) => heard.push(text.toString()));
    terminal.stdin.setRawMode(true);
    terminal.answer('n');
    await expect(askChoice(terminal.context, 'Really?', choices)).resolves.toBe('n');
    expect(heard).toEqual([]);
    expect(terminal.stdin.isRaw).toBe(true);
    terminal.stdin.write('list');
    await new Promise(setImmediate);
    expect(heard).toEqual(['list']);
  });
});

describe('editing a document on a terminal', () => {
  const { VISUAL, EDITOR } = process.env;

  beforeEach(() => {
    delete process.env.VISUAL;
    process.env.EDITOR = 'echo more >>';
  });

  afterEach(() => {
    for (const [name, value] of Object.entries({ VISUAL, EDITOR })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  /** A document that is refused a number of times. */
  function fussy(refusals: number) {
    const tried: [string, boolean][] = [];
    return {
      tried,
      read: async () => 'text\n',
      replace: async (xml: string, validate: boolean) => {
        tried.push([xml, validate]);
        if (tried.length <= refusals) throw new Error('not like this');
      },
    };
  }

  test('goes on from the text as it was left when it is refused', async () => {
    const terminal = new Terminal();
    terminal.answer('y', 'y');
    const document = fussy(2);
    await expect(editXml(terminal.context, document)).resolves.toBe(true);
    expect(document.tried.map(([xml]) => xml)).toEqual([
      'text\nmore\n',
      'text\nmore\nmore\n',
      'text\nmore\nmore\nmore\n',
    ]);
    expect(terminal.errors).toBe('error: not like this\nerror: not like this\n');
    expect(terminal.shown).toContain('Failed. Try again? [y,n,f,?]: ');
  });

  test('tries again without validation, once that is turned off, with the same text', async () => {
    const terminal = new Terminal();
    terminal.answer('i', 'f');
    const document = fussy(2);
    await expect(editXml(terminal.context, { ...document, validated: true })).resolves.toBe(true);
    expect(document.tried).toEqual([
      ['text\nmore\n', true],
      ['text\nmore\n', false],
      ['text\nmore\n', false],
    ]);
    expect(terminal.shown).toContain('[y,n,i,f,?]: ');
    expect(terminal.shown).toContain('[y,n,f,?]: ');
  });

  test('fails without another word when the changes are thrown away', async () => {
    const terminal = new Terminal();
    terminal.answer('n');
    await expect(editXml(terminal.context, fussy(1))).rejects.toBeInstanceOf(SilentFailure);
  });

  test('does not overwrite what somebody else has changed meanwhile, unless told to', async () => {
    const terminal = new Terminal();
    terminal.answer('f');
    const versions = ['text\n', 'other\n', 'other\n'];
    const tried: string[] = [];
    const done = editXml(terminal.context, {
      read: async () => versions.shift() as string,
      replace: async (xml) => {
        tried.push(xml);
      },
    });
    await expect(done).resolves.toBe(true);
    expect(terminal.shown).toContain('The XML configuration was changed by another user. Try again? ');
    expect(tried).toEqual(['text\nmore\n']);
    expect(versions).toEqual([]);
  });

  test('is an interrupt, not a refusal, when interrupted', async () => {
    const terminal = new Terminal();
    const document = fussy(0);
    const done = editXml(terminal.context, {
      ...document,
      replace: async () => {
        throw new InterruptedError('interrupted');
      },
    });
    await expect(done).rejects.toBeInstanceOf(InterruptedError);
    terminal.abort.abort();
    await expect(editXml(terminal.context, document)).rejects.toBeInstanceOf(InterruptedError);
    expect(document.tried).toEqual([]);
  });

  test('is refused at once where nobody can be asked', async () => {
    const terminal = new Terminal();
    terminal.stdin.isTTY = false;
    const document = fussy(1);
    const done = editXml(terminal.context, document);
    await expect(done).rejects.toBeInstanceOf(CommandError);
    await expect(done).rejects.toThrow('Failed.');
    expect(document.tried).toHaveLength(1);
  });
});
