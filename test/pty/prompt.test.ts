import { afterEach, expect, test } from '@jest/globals';
import { Terminal, type TerminalOptions } from '../support/terminal.js';

const open: Terminal[] = [];
async function start(options: TerminalOptions = {}, words: readonly string[] = []): Promise<Terminal> {
  const terminal = await Terminal.open(['-c', 'test:///default', ...words], options);
  open.push(terminal);
  await terminal.shows(/snapctl [#>]/);
  return terminal;
}

afterEach(async () => {
  for (const terminal of open.splice(0)) await terminal.close();
});

test('the first prompt follows the banner, commands scroll away above it, quit ends with status 0', async () => {
  const terminal = await start();
  expect(await terminal.screen()).toBe(
    "Welcome to snapctl, the virtualization interactive terminal.\n\nType:  'help' for help with commands\n" +
      "       'quit' to quit\n\nsnapctl #",
  );
  expect(await terminal.cursor()).toEqual({ column: 10, row: 5 });

  await terminal.type('domstate test; domid test');
  await terminal.keys('Enter');
  expect(await terminal.shows(/1\n\nsnapctl #$/)).toMatch(
    /\nsnapctl # domstate test; domid test\nrunning\n\n1\n\nsnapctl #$/,
  );

  await terminal.type('nonsense');
  await terminal.keys('Enter');
  await terminal.shows(/error: unknown command: 'nonsense'\nsnapctl #$/);

  await terminal.type('quit');
  await terminal.keys('Enter');
  expect(await terminal.ended()).toBe(0);
});
