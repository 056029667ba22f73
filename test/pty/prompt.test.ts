import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { snapctl } from '../support/embed.mjs';
import { Terminal, type TerminalOptions } from '../support/terminal.js';

const folder = mkdtempSync(join(tmpdir(), 'snapctl-pty-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open: Terminal[] = [];

/** Starts the shell, quiet and with its status pane folded away, so that the screen is the prompt's alone. */
async function start(options: TerminalOptions = {}, words: readonly string[] = []): Promise<Terminal> {
  const terminal = await Terminal.open(['-q', '-c', 'test:///default', ...words], options);
  open.push(terminal);
  await terminal.shows(/snapctl [#>]$/);
  await terminal.keys('F2');
  await terminal.shows(/^snapctl [#>]$/);
  return terminal;
}

afterEach(async () => {
  for (const terminal of open.splice(0)) await terminal.close();
});

/** Types a line and waits for what the screen ends with then. */
async function enter(terminal: Terminal, line: string, expected: RegExp): Promise<string> {
  await terminal.type(line);
  await terminal.keys('Enter');
  return terminal.shows(expected);
}

test('banner, pane and first prompt; commands scroll away above them; quit ends with status 0', async () => {
  const terminal = await Terminal.open(['-c', 'test:///default']);
  open.push(terminal);
  expect(await terminal.shows(/\nsnapctl #$/)).toMatch(
    /^Welcome to snapctl, the virtualization interactive terminal\.\n\nType: {2}'help' for help with commands\n {7}'quit' to quit\n\n/,
  );
  await terminal.cursorIn(10, 'snapctl #');
  await enter(terminal, 'domstate test; domid test', /\nsnapctl #$/);
  await terminal.shows(/\nsnapctl # domstate test; domid test\nrunning\n\n1\n\n[\s\S]*\nsnapctl #$/);
  await enter(terminal, 'nonsense', /error: unknown command: 'nonsense'\n[\s\S]*\nsnapctl #$/);
  await terminal.type('quit');
  await terminal.keys('Enter');
  expect(await terminal.ended()).toBe(0);
  expect(await terminal.screen(true)).toMatch(/\nsnapctl # quit(\n|$)/);
});

describe('what is typed at the first prompt, before there is anything to paint it with,', () => {
  const hold = pathToFileURL(join(dirname(fileURLToPath(import.meta.url)), '../support/hold-shell.mjs')).href;

  async function held(more: Record<string, string> = {}, program?: readonly string[], words: string[] = []) {
    const file = join(mkdtempSync(join(folder, 'hold-')), 'go');
    const env = { HOLD_SHELL: file, NODE_OPTIONS: `--no-warnings --import=${hold}`, ...more };
    const terminal = await Terminal.open(['-c', 'test:///default', ...words], {
      env,
      ...(program ? { program } : {}),
    });
    open.push(terminal);
    await terminal.shows(/\nsnapctl [#>]$/);
    return { terminal, release: () => writeFileSync(file, '') };
  }

  test('is run, line by line, and the prompt stays where it was', async () => {
    const { terminal, release } = await held();
    const rows = await terminal.rows();
    expect(rows[0]).toBe('Welcome to snapctl, the virtualization interactive terminal.');
    const place = await terminal.cursor();
    expect(place).toEqual({ column: 10, row: rows.indexOf('snapctl #') });
    await terminal.type('domid');
    await terminal.keys('C-c');
    await terminal.paste('domid test\ndomstate test');
    // Nothing is echoed by the terminal itself, and Ctrl-C is a key, not the end.
    expect(await terminal.rows()).toEqual(rows);
    release();
    await terminal.shows(
      /'quit' to quit\n\nsnapctl # domid\^C\nsnapctl # domid test\n1\n\n(?:[^\n]*\n)+snapctl # domstate test$/,
    );
    await terminal.keys('C-u');
    await enter(terminal, 'quit', /snapctl # quit\n*(?:$|Pane is dead)/);
    expect(await terminal.ended()).toBe(0);
  });

  test('goes on after the terminal has got narrower, and wider', async () => {
    for (const columns of [62, 120]) {
      const { terminal, release } = await held({}, undefined, ['-q', '--readonly']);
      await terminal.resize(columns, 20);
      release();
      await enter(terminal, 'domid test', /^snapctl > domid test\n1\n(?:[^\n]*\n)+snapctl >$/);
    }
  });

  test('is lost when the program is told to end, and the terminal is as it was', async () => {
    const pid = join(mkdtempSync(join(folder, 'told-')), 'pid');
    const line = 'sh -c \'echo $$ >"$PID"; exec "$@"\' - "$@"; echo ended with $?; stty -a | grep -w icanon';
    const shell = [
      process.execPath,
      process.env.SNAPCTL_TEST_PROGRAM ?? snapctl,
      '-q',
      '-c',
      'test:///default',
    ];
    const { terminal } = await held({ PID: pid }, ['/bin/sh', '-c', line, '-', ...shell]);
    process.kill(Number(readFileSync(pid, 'utf8')), 'SIGTERM');
    await terminal.shows(/ended with 143\n[^\n]*(?<!-)icanon/);
  });
});

test('Ctrl-C ends a command and leaves the prompt; Ctrl-D asks while one runs; a signal ends all', async () => {
  const terminal = await start();
  await terminal.type('event --all --loop');
  await terminal.keys('Enter');
  await terminal.shows(/\nevent --all --loop \(\d+ s, Ctrl-C aborts\)/);
  await terminal.keys('C-c');
  await terminal.shows(/\nsnapctl #$/);
  // Soon after, but of another command: not the second one, which leaves.
  await terminal.keys('Up', 'Enter');
  await terminal.shows(/Ctrl-C aborts\)/);
  await terminal.keys('C-c');
  await terminal.shows(/\nsnapctl #$/);
  await terminal.keys('Up', 'Enter');
  await terminal.shows(/Ctrl-C aborts\)/);
  await terminal.keys('C-d');
  await terminal.shows(/Abort it and leave\? \[y,n\]/);
  await terminal.keys('n');
  await terminal.shows(/Ctrl-C aborts\)/);
  // What is typed meanwhile waits for the prompt.
  await terminal.type('domid te');
  await terminal.keys('C-d');
  await terminal.shows(/Abort it and leave\? \[y,n\]/);
  await terminal.keys('y');
  expect(await terminal.ended()).toBe(0);

  const hasty = await start();
  await enter(hasty, 'event --all --loop', /Ctrl-C aborts\)/);
  await hasty.keys('C-c');
  await hasty.keys('C-c');
  expect(await hasty.ended()).toBe(0);

  const other = await start();
  await enter(other, '!kill -TERM $PPID', /./);
  expect(await other.ended()).toBe(143);
});

test('completion: menus with help, chains, quotes, key=value lists; nothing stale', async () => {
  const terminal = await start();
  await terminal.type('domst');
  await terminal.keys('Tab');
  expect(await terminal.shows(/domstats/)).toMatch(
    /^snapctl # domstat\ndomstate +domain state\ndomstats +get statistics about one or multiple domains$/,
  );
  await terminal.keys('Tab', 'Tab');
  await terminal.shows(/^snapctl # domstats\s*\n/);
  await terminal.keys('BTab', 'Enter');
  await terminal.shows(/^snapctl # domstate$/);

  // The name, then options that are not given yet; quotes stay as they were begun.
  await terminal.type("'te");
  await terminal.keys('Tab');
  await terminal.shows(/^snapctl # domstate 'test'$/);
  await terminal.type('; domstate test --');
  await terminal.keys('Tab');
  const options = await terminal.shows(/--reason/);
  expect(options).toMatch(/\n--reason +also print reason for the state\n--json/);
  await terminal.keys('Escape');
  await terminal.shows(/--$/);
  await terminal.keys('C-u');
  await terminal.shows(/^snapctl #$/);

  await terminal.type('snapshot-create-as test s1 --diskspec vda,snap');
  await terminal.keys('Tab');
  await terminal.shows(/--diskspec vda,snapshot=$/);
  await terminal.keys('Tab');
  await terminal.shows(/vda,snapshot=external +in a file of its own/);
  // Typing on narrows the menu; what it has no entry for closes it.
  await terminal.type('ex');
  await terminal.shows((screen) => !/internal/.test(screen) && /external/.test(screen));
  await terminal.type('q');
  await terminal.shows(/^snapctl # snapshot-create-as test s1 --diskspec vda,snapshot=exq$/);
  await terminal.keys('C-c');
  await terminal.shows(/\^C\nsnapctl #$/);
});

test('history: Up with a prefix, suggestions, Ctrl-R, Alt-., shared through the file, blanks keep a line out', async () => {
  const cache = join(folder, 'history-test');
  const options = { env: { XDG_CACHE_HOME: cache } };
  const first = await start(options);
  const second = await start(options);
  await enter(first, 'domid test', /\n1\nsnapctl #$/);
  await enter(second, 'domstate test', /running\nsnapctl #$/);
  await enter(first, ' domname 1', /\ntest\nsnapctl #$/);
  await enter(first, 'echo one "two three"', /one two three\nsnapctl #$/);
  await first.keys('C-d');
  expect(await first.ended()).toBe(0);

  const file = join(cache, 'snapctl', 'history');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(join(cache, 'snapctl')).mode & 0o777).toBe(0o700);
  expect(readFileSync(file, 'utf8')).toBe('domid test\ndomstate test\necho one "two three"\n');

  const third = await start(options);
  await third.type('dom');
  await third.shows(/^snapctl # domstate test$/);
  expect(await third.cursor()).toEqual({ column: 13, row: 0 });
  await third.keys('Up', 'Up');
  await third.shows(/^snapctl # domid test$/);
  await third.keys('C-u');
  await third.type('echo ');
  await third.keys('M-.');
  await third.shows(/^snapctl # echo "two three"$/);
  await third.keys('C-u', 'C-r');
  await third.type('test');
  await third.shows(/^\(search\)`test': domstate test$/);
  await third.keys('C-r');
  await third.shows(/^\(search\)`test': domid test$/);
  await third.keys('Enter');
  await third.shows(/^snapctl # domid test\n1\nsnapctl #$/);
});

test('a pasted script runs line by line; what follows the last line end waits', async () => {
  const terminal = await start();
  await terminal.paste("echo 'one\ntwo'\ndomid test\ndomstate test\necho rest");
  await terminal.shows(
    /^snapctl # echo 'one\n +\.\.\. two'\none\ntwo\nsnapctl # domid test\n1\nsnapctl # domstate test\nrunning\nsnapctl # echo rest$/,
  );
  await terminal.keys('Enter');
  await terminal.shows(/\nrest\nsnapctl #$/);
});

test('Enter with an open quote begins another line', async () => {
  const terminal = await start();
  await terminal.type('echo "a');
  await terminal.keys('Enter');
  await terminal.shows(/^snapctl # echo "a\n {6}\.\.\.$/);
  expect(await terminal.cursor()).toEqual({ column: 10, row: 1 });
  await enter(terminal, 'b"', /\na\nb\nsnapctl #$/);
});

test('output goes into programs and files; programs of the shell run in between', async () => {
  const terminal = await start({ env: { PAGER: "sed 's/^/paged /'", SHELL: '/bin/sh' } });
  await enter(terminal, 'echo x; echo "a | b" | tr a-z A-Z', /^.*\nx\nA \| B%\nsnapctl #$/);
  await enter(terminal, 'domid test |', /\npaged 1\n(paged\n)?snapctl #$/);
  const file = join(folder, 'out file');
  await enter(terminal, `domstate test > '${file}'; echo next`, /\nnext\nsnapctl #$/);
  await enter(terminal, `domid test >> '${file}'`, />> .*\nsnapctl #$/);
  expect(readFileSync(file, 'utf8')).toBe('running\n1\n');
  await enter(
    terminal,
    'domid test > /no/such/file',
    /error: failed to open '\/no\/such\/file': No such file or directory\nsnapctl #$/,
  );
  await enter(terminal, 'domid test >', /error: expected a file name after '>'\nsnapctl #$/);
  // A last line without an end is not overwritten.
  await enter(terminal, '!printf "no end"', /\nno end%?\nsnapctl #$/);
  await enter(terminal, '!exit 3', /error: command ended with status 3\nsnapctl #$/);
  await enter(terminal, 'domid test | exit 4', /error: command ended with status 4\nsnapctl #$/);
});

test('keys typed ahead wait for the prompt; Ctrl-C goes to the program that has the terminal', async () => {
  const terminal = await start({ env: { SHELL: '/bin/sh' } });
  await terminal.type('!echo begun; sleep 60');
  await terminal.keys('Enter');
  await terminal.shows(/\nbegun/);
  await terminal.keys('C-c');
  await terminal.shows(/\nsnapctl #$/);
  await terminal.keys('C-d');
  expect(await terminal.ended()).toBe(0);
});

describe('the screen', () => {
  test('narrow and wide again: the prompt stays one, the cursor is where the text ends', async () => {
    const terminal = await start({ columns: 100, rows: 12 });
    const line = `echo ${'abcdefghij '.repeat(7)}end`;
    await enter(terminal, 'domid test', /\n1\nsnapctl #$/);
    await terminal.type(line);
    await terminal.shows(/end$/);
    for (const columns of [60, 41, 60, 90]) {
      await terminal.resize(columns, 12);
      const text = `snapctl # ${line}`;
      const rows = Array.from({ length: Math.ceil(text.length / columns) }, (_, index) =>
        text.slice(index * columns, (index + 1) * columns).trimEnd(),
      );
      const expected = ['snapctl # domid test', '1', ...rows].join('\n');
      // tmux scrolls what it breaks anew, though there is room below.
      await terminal.shows((screen) => screen === expected, { history: true });
      await terminal.cursorIn(text.length % columns);
    }
  });

  test('wide, combined and joined characters keep the cursor right', async () => {
    const terminal = await start();
    await terminal.type('echo 日本é');
    await terminal.shows(/echo 日本é$/);
    expect((await terminal.cursor()).column).toBe(20);
    await terminal.keys('Left', 'Left');
    await terminal.type('x');
    await terminal.shows(/echo 日x本é$/);
    expect((await terminal.cursor()).column).toBe(18);
    await terminal.keys('End', 'Enter');
    await terminal.shows(/\n日x本é\nsnapctl #$/);
  });

  test('control characters in what is typed or printed do nothing', async () => {
    const terminal = await start();
    await terminal.paste('echo \x1b[31mred\u202e');
    await terminal.shows(/echo \\x1b\[31mred\\u\{202e\}$/);
    await terminal.keys('Enter');
    await terminal.shows(/\n\\x1b\[31mred\\u\{202e\}\nsnapctl #$/);
  });

  test('colours only where they are wanted', async () => {
    const coloured = await start({ env: { TERM: 'tmux-256color' } });
    expect(await coloured.colours()).toMatch(/\x1b\[(1;)?36m/);
    const plain = await start({ env: { NO_COLOR: '1' } }, ['--readonly']);
    expect(await plain.screen()).toBe('snapctl >');
    expect(await plain.colours()).not.toMatch(/\x1b\[[\d;]*3\d/);
  });

  test('Ctrl-L clears, help keys prints the table, long output scrolls', async () => {
    const terminal = await start();
    await enter(terminal, 'help keys', /\n +!program +run a program[\s\S]*\nsnapctl #$/);
    const rows = await terminal.rows(true);
    expect(rows.slice(0, 2)).toEqual(['snapctl # help keys', 'Keys of the interactive shell:']);
    // Nothing is so long that it had to be broken.
    expect(rows.filter((row) => /^\S/.test(row)).slice(2)).toEqual(['snapctl #']);
    await terminal.keys('C-l');
    await terminal.shows(/^snapctl #$/);
  });
});

test('a screen reader gets words, and no suggestions', async () => {
  const cache = join(folder, 'spoken');
  const terminal = await start({ env: { XDG_CACHE_HOME: cache, INK_SCREEN_READER: 'true' } });
  await enter(terminal, 'domid test', /\n1\nsnapctl #$/);
  await terminal.type('do');
  await terminal.shows(/\nsnapctl # do$/);
  await terminal.type('mst');
  await terminal.keys('Tab', 'Tab', 'Tab');
  await terminal.shows(/\(selected\) domstats/);
});

test('a terminal that can do nothing gets plain lines', async () => {
  const terminal = await Terminal.open(['-q', '-c', 'test:///default'], { env: { TERM: 'dumb' } });
  open.push(terminal);
  await terminal.shows(/^snapctl #$/);
  await enter(terminal, 'domid test', /^snapctl # domid test\n1\nsnapctl #$/);
});
