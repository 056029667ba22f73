#!/usr/bin/env node
// Makes the picture in the README anew: node scripts/screenshot.mjs [FILE]. Boots the tiny guest, works on it in the
// shell in a real terminal (tmux), and draws what is on the screen while a snapshot is being taken.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import stringWidth from 'string-width';
import { Embed, snapctl } from '../test/support/embed.mjs';
import { terminalSvg } from './terminal-svg.mjs';

const COLUMNS = 104;
const ROWS = 30;
const PATIENCE_MS = 120_000;
const ATTEMPTS = 10;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = process.argv[2] ?? join(root, 'docs', 'shell.svg');

const folder = mkdtempSync(join(tmpdir(), 'snapctl-screenshot-'));
const tmux = (...words) =>
  execFileSync('tmux', ['-f', '/dev/null', '-S', join(folder, 'socket'), ...words], { encoding: 'utf8' });

let embed;
try {
  embed = await Embed.create({ say: (line) => console.error(line) });
  const guest = await embed.start({ name: 'web', memory: 512, dirty: 160 });
  const file = (name) => join(guest.folder, name);
  const environment = [`XDG_CACHE_HOME=${folder}`, 'LC_ALL=C.UTF-8', 'COLORTERM=', 'TERM=xterm-256color'];
  tmux(
    ...['start-server', ';', 'set-option', '-g', 'status', 'off', ';'],
    ...['new-session', '-d', '-x', String(COLUMNS), '-y', String(ROWS)],
    ...[
      'env',
      '-u',
      'CI',
      '-u',
      'NO_COLOR',
      ...environment,
      process.execPath,
      snapctl,
      '-q',
      '-c',
      embed.uri,
    ],
  );
  await shows(/• web +running/);
  await type('list');
  await shows(/web +running\n/);
  await type(
    `snapshot-create-as web before-upgrade --live --memspec file=${file('a')} --diskspec vda,snapshot=external,file=${file('b')}`,
  );
  await shows(/⎇ before-upgrade/);
  await type('snapshot-create-as web configured --disk-only');
  await shows(/⎇ configured/);
  tmux('send-keys', 'C-l');
  await type('list');
  await shows(/web +running\n/);
  await type('snapshot-list web --tree');
  await shows(/● configured/);
  // The moment may be missed on a busy machine.
  let picture;
  for (let attempt = 1; picture === undefined; attempt++) {
    await type(
      `snapshot-create-as web tested --memspec file=${file(`c${attempt}`)} --diskspec vda,snapshot=external,file=${file(`d${attempt}`)}`,
    );
    const seen = await shows(/paused \(creating snapshot\) .*[1-9]\d %|⎇ tested/);
    if (!seen.includes('⎇ tested')) {
      picture = seen;
      break;
    }
    if (attempt === ATTEMPTS) throw new Error('It was always over before it could be drawn');
    await type('snapshot-delete web tested');
    await shows(/⎇ configured/);
    tmux('send-keys', 'C-l');
    await type('list');
    await shows(/web +running\n/);
    await type('snapshot-list web --tree');
    await shows(/● configured/);
  }
  const rows = picture.replace(/\n+$/, '').split('\n');
  writeFileSync(target, terminalSvg(rows, COLUMNS, stringWidth, 'The interactive shell of snapctl'));
  await shows(/⎇ tested/);
  console.log(`wrote ${target}`);
} finally {
  try {
    tmux('kill-server');
  } catch {
    // It has ended by itself.
  }
  await embed?.dispose();
  rmSync(folder, { recursive: true, force: true });
}

async function type(line) {
  tmux('send-keys', '-l', line);
  tmux('send-keys', 'Enter');
}

/** Waits until the screen shows something. @returns the screen then, with its colours. */
async function shows(what) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const coloured = tmux('capture-pane', '-p', '-e');
    const screen = coloured.replace(/\x1b\[[\d;:]*m/g, '');
    if (what.test(screen)) return coloured;
    if (Date.now() > deadline) throw new Error(`The screen never showed ${what}, but:\n${screen}`);
    await delay(20);
  }
}
