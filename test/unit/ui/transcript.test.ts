import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { Transcript } from '../../../src/ui/transcript.js';

function recorded(): { transcript: Transcript; said: string[]; unfinished: () => string } {
  const said: string[] = [];
  let open = '';
  const transcript = new Transcript({
    lines: (text) => said.push(text),
    unfinished: (text) => {
      open = text;
    },
  });
  return { transcript, said, unfinished: () => open };
}

test('whole lines go to the scrollback, many writes at a time; the rest is kept in sight', async () => {
  const { transcript, said, unfinished } = recorded();
  for (const text of ['one', ' line\ntwo ', 'lines\nand a ', 'half']) transcript.write(text);
  expect(said).toEqual([]);
  await turn();
  expect(said).toEqual(['one line\ntwo lines\n']);
  expect(unfinished()).toBe('and a half');
  transcript.end();
  expect(said).toEqual(['one line\ntwo lines\n', 'and a half\n']);
  expect(unfinished()).toBe('');
  transcript.end();
  expect(said).toHaveLength(2);
});

test('a carriage return begins the unfinished line anew', () => {
  const { transcript, said, unfinished } = recorded();
  for (const percent of [1, 50, 100]) transcript.write(`\rSave: [${String(percent).padStart(3)} %]`);
  transcript.flush();
  expect(unfinished()).toBe('Save: [100 %]');
  transcript.write('\nDone\n');
  transcript.flush();
  expect(said).toEqual(['Save: [100 %]\nDone\n']);
});

test('a stream into it looks like a terminal, and takes bytes wherever they are cut', () => {
  const { transcript, said } = recorded();
  const stream = transcript.stream(() => 77);
  expect([stream.isTTY, stream.columns]).toEqual([true, 77]);
  const bytes = Buffer.from('日本\n');
  for (const byte of bytes) stream.write(Buffer.from([byte]));
  transcript.flush();
  expect(said.join('')).toBe('日本\n');
});
