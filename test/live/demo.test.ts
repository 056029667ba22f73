import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { buildGuest, defaultCache } from '../guest/build.mjs';

jest.setTimeout(240_000);

const root = fileURLToPath(new URL('../../', import.meta.url));
const nobody = 65534;

/** Words before a command that run it as nobody, if we may and nobody may read the project; else none. */
function asNobody(): string[] {
  const words = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
  const [program = '', ...rest] = [...words, 'test', '-r', join(root, 'dist/snapctl.js')];
  return spawnSync(program, rest).status === 0 ? words : [];
}

function namesIn(folder: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => {
      try {
        return readFileSync(`/proc/${entry}/cmdline`, 'latin1');
      } catch {
        return '';
      }
    })
    .filter((words) => words.includes(folder));
}

describe('npm run demo', () => {
  let home: string;
  let demo: ChildProcessByStdio<null, Readable, Readable>;
  let said: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'snapctl-demo-'));
    said = '';
  });
  afterEach(() => {
    demo.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });

  function start(before: readonly string[]): void {
    const [program = '', ...words] = [...before, process.execPath, join(root, 'scripts/demo.mjs')];
    demo = spawn(program, words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: home, XDG_CACHE_HOME: home, LC_ALL: 'C.UTF-8' },
    });
    for (const stream of [demo.stdout, demo.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    }
  }

  /** The guest as it has been built here, so that it need not be downloaded again. */
  async function lendGuest(owned: boolean): Promise<void> {
    const parts = Object.values(await buildGuest()).map((path) => relative(defaultCache(), path));
    const cache = join(home, 'snapctl', 'guest');
    // kernel/NAME, guest-KEY; and a busybox that had to be fetched
    const folders = new Set(
      parts.map((path) =>
        path
          .split(sep)
          .slice(0, path.startsWith('kernel') ? 2 : 1)
          .join(sep),
      ),
    );
    for (const name of [...folders, 'busybox']) {
      const from = join(defaultCache(), name);
      if (existsSync(from)) cpSync(from, join(cache, name), { recursive: true });
    }
    if (!owned) return;
    chownSync(home, nobody, nobody);
    for (const name of readdirSync(home, { recursive: true, encoding: 'utf8' })) {
      chownSync(join(home, name), nobody, nobody);
    }
  }

  const folder = () => /^DIR=(\S+)$/m.exec(said)?.[1] ?? 'none';

  test('goes from boot to deletion without a terminal, as a plain user, and leaves nothing', async () => {
    const before = asNobody();
    await lendGuest(before.length > 0);
    start(before);
    const [status] = await once(demo, 'close');
    expect({ status, said }).toMatchObject({ status: 0 });
    expect(said).toMatch(/^Guest paused [\d.]+ ms, memory by (background|precopy)/m);
    expect(said).toMatch(/^live\n {2}\|\n {2}\+- still$/m);
    const [, counterBefore] = /counter before: (\d+)/.exec(said) ?? [];
    const [, counterAfter] = /counter after: {2}(\d+)/.exec(said) ?? [];
    expect(Number(counterAfter)).toBeLessThan(Number(counterBefore));
    expect(said).toContain('they agree');
    expect(said).toMatch(/ vda +\S+\/disk0\.qcow2$/m);
    expect(said).not.toContain('Installing');
    expect(existsSync(folder())).toBe(false);
    expect(namesIn(folder())).toEqual([]);
  });

  test('ends on Ctrl-C in the middle of a snapshot, and leaves nothing', async () => {
    await lendGuest(false);
    start([]);
    await new Promise<void>((resolve) => {
      demo.stdout.on('data', () => {
        if (said.includes('snapshot-create-as')) resolve();
      });
    });
    demo.kill('SIGINT');
    const [status] = await once(demo, 'close');
    expect({ status, said }).toMatchObject({ status: 130 });
    expect(said).not.toContain('Error');
    expect(existsSync(folder())).toBe(false);
    expect(namesIn(folder())).toEqual([]);
  });
});
