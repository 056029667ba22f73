import { EventEmitter } from 'node:events';
import type { WriteStream } from 'node:tty';
import { expect, test } from '@jest/globals';
import { TerminalScreen } from '../../../src/ui/terminal-screen.js';

class FakeTerminal extends EventEmitter {
  columns = 40;
  rows = 10;
  readonly written: string[] = [];
  write(text: string): boolean {
    this.written.push(text);
    return true;
  }
  /** All that was written since the last time, with escapes spelled out. */
  take(): string {
    return this.written
      .splice(0)
      .join('')
      .replaceAll('\x1b[', '^')
      .replaceAll('^?2026h^?25l', '<')
      .replaceAll('^?2026l', '>')
      .replaceAll('\r', '\\r');
  }
}

function setUp(reflows = true): { terminal: FakeTerminal; screen: TerminalScreen } {
  const terminal = new FakeTerminal();
  return { terminal, screen: new TerminalScreen(terminal as unknown as WriteStream, reflows) };
}

test('all that is painted in a turn is one write, with the cursor where it belongs', async () => {
  const { terminal, screen } = setUp();
  screen.write('\x1b[?2026h');
  screen.write('\x1b[?25l');
  screen.write('pane\n# text\n');
  screen.write('\x1b[?2026l');
  screen.placeCursor({ rowsBelow: 0, column: 6 });
  await Promise.resolve();
  expect(terminal.written).toHaveLength(1);
  expect(terminal.take()).toBe('<\\r^?25lpane\n# text\n^1A^7G^?25h>');
  // Back to where Ink believes the cursor to be before anything else.
  screen.write('\x1b[2K\x1b[1A\x1b[2Kx\n');
  await Promise.resolve();
  expect(terminal.take()).toBe('<^1B\\r^2K^1A^2Kx\n^1A^7G^?25h>');
  screen.placeCursor({ rowsBelow: 0, column: 1 });
  await Promise.resolve();
  expect(terminal.take()).toBe('<^1B\\r^1A^2G^?25h>');
  screen.placeCursor({ rowsBelow: 0, column: 1 });
  await Promise.resolve();
  expect(terminal.take()).toBe('');
});

test('a frame that gets lower before its cursor is placed does not lose the way back', async () => {
  const { terminal, screen } = setUp();
  screen.write('# text\nmenu\nmenu\n');
  screen.placeCursor({ rowsBelow: 2, column: 6 });
  await Promise.resolve();
  expect(terminal.take()).toMatch(/\^3A\^7G\^\?25h>$/);
  screen.write('\x1b[2K\x1b[1A\x1b[2K\x1b[1A\x1b[2K\x1b[1A\x1b[2K# text\n');
  await Promise.resolve();
  // One row is all that there is to go up: a terminal at its top would not go further.
  expect(terminal.take()).toMatch(/# text\n\^1A\^7G\^\?25h>$/);
  screen.placeCursor({ rowsBelow: 0, column: 6 });
  await Promise.resolve();
  expect(terminal.take()).toMatch(/^<\^1B\\r\^1A/);
});

test('a cursor that is told of before its frame comes stays within the frame that is there', async () => {
  const { terminal, screen } = setUp();
  screen.write('# text\n');
  await Promise.resolve();
  terminal.take();
  // For a frame with a menu of three rows.
  screen.placeCursor({ rowsBelow: 3, column: 6 });
  await Promise.resolve();
  expect(terminal.take()).toBe('<\\r^1A^7G^?25h>');
  screen.write('\x1b[2K\x1b[1A\x1b[2K# text\n1\n2\n3\n');
  await Promise.resolve();
  expect(terminal.take()).toBe('<^1B\\r^2K^1A^2K# text\n1\n2\n3\n^4A^7G^?25h>');
});

test('lines for the scrollback go above what is painted, with its colours', async () => {
  const { terminal, screen } = setUp();
  screen.writeAbove('before\n');
  expect(terminal.take()).toBe('before\n');
  screen.write('\x1b[36mpane\x1b[39m\n#\n');
  await Promise.resolve();
  terminal.take();
  screen.writeAbove('output\n');
  await Promise.resolve();
  expect(terminal.take()).toBe('<\\r\\r^2K^1A^2K^1A^2Koutput\n^36mpane^39m\n#\n>');
  screen.erase();
  expect(terminal.take()).toBe('<\\r\\r^2K^1A^2K^1A^2K>^?25h');
  screen.writeAbove('after\n');
  expect(terminal.take()).toBe('after\n');
});

test.each([
  [true, '\\r^3A^2K^1B^2K^1B^2K^1B^2K^3A'],
  [false, '\\r^1A^2K^1B^2K^1A'],
])('narrower, on a terminal that breaks rows anew: %s', async (reflows, erasure) => {
  const { terminal, screen } = setUp(reflows);
  const pane = 'p'.repeat(35);
  screen.write(`${pane}\n# ${'t'.repeat(20)}\n`);
  screen.placeCursor({ rowsBelow: 0, column: 22 });
  await Promise.resolve();
  terminal.take();
  let told = 0;
  screen.on('resize', () => {
    told += 1;
    // What Ink does: it erases what it believes to be there, and paints.
    screen.write('\x1b[2K\x1b[1A\x1b[2K\x1b[1A\x1b[2K\x1b[G');
    screen.write('new\n');
  });
  terminal.columns = 20;
  terminal.emit('resize');
  await Promise.resolve();
  expect(told).toBe(1);
  expect(terminal.take()).toBe(`${erasure}<\\rnew\n^1A^23G^?25h>`);
});

test('what stood there before takes the first frame as its successor, wherever it comes from', async () => {
  const terminal = new FakeTerminal();
  const standing = { frame: '\n# ', cursor: { rowsBelow: 0, column: 2 } };
  const screen = new TerminalScreen(terminal as unknown as WriteStream, true, standing);
  screen.control('!');
  expect(terminal.take()).toBe('!');
  // Above what is painted goes what is said before the first frame.
  screen.writeAbove('said\n');
  await Promise.resolve();
  expect(terminal.take()).toBe('<\\r\\r^2K^1A^2Ksaid\n\n# ^3G^?25h>');
  screen.write('\x1b[?25l');
  screen.write('pane\n# \n');
  screen.placeCursor({ rowsBelow: 0, column: 2 });
  await Promise.resolve();
  expect(terminal.take()).toBe('<\\r^?25l\\r^2K^1A^2Kpane\n# \n^1A^3G^?25h>');
  // From then on Ink erases what it has painted.
  screen.write('\x1b[2K\x1b[1A\x1b[2K\x1b[1A\x1b[2Kpane\n# a\n');
  await Promise.resolve();
  expect(terminal.take()).toBe('<^1B\\r^2K^1A^2K^1A^2Kpane\n# a\n^1A^3G^?25h>');
});

test('what stood there before is gone once the terminal has got narrower', async () => {
  const terminal = new FakeTerminal();
  const standing = { frame: '\n\x1b[1m# \x1b[0m', cursor: { rowsBelow: 0, column: 2 } };
  const screen = new TerminalScreen(terminal as unknown as WriteStream, true, standing);
  terminal.columns = 20;
  terminal.emit('resize');
  expect(terminal.take()).toBe('\\r^1A^2K^1B^2K^1A');
  screen.write('pane\n# \n');
  await Promise.resolve();
  expect(terminal.take()).toBe('<\\rpane\n# \n^1A^3G^?25h>');
});
