import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { open } from '../../src/drivers/libvirt/open.js';
import { VIR_DOMAIN_EVENT_DEFINED } from '../../src/hypervisor/constants.js';
import { daemonInstalled, PrivateDaemon } from '../contract/private-daemon.js';
import { Embed, type TinyGuest } from '../support/embed.mjs';
import { BareGuest } from '../support/qemu.js';
import { Terminal } from '../support/terminal.js';

const PATIENCE = { patience: 60_000 };

describe('a guest of libvirt', () => {
  let embed: Embed;
  let guest: TinyGuest;
  let terminal: Terminal;

  beforeAll(async () => {
    embed = await Embed.create();
    // Enough that is not zero to be seen being saved.
    guest = await embed.start({ name: 'tiny', memory: 512, dirty: 160 });
    terminal = await Terminal.open(['-c', embed.uri], { columns: 130, rows: 30, env: embed.env });
    await terminal.shows(/tiny +running/, PATIENCE);
  }, 180_000);

  afterAll(async () => {
    await terminal?.close();
    await embed?.dispose();
  }, 60_000);

  const take = (name: string): string =>
    `snapshot-create-as tiny ${name} --memspec file=${join(guest.folder, `${name}.mem`)} ` +
    `--diskspec vda,snapshot=external,file=${join(guest.folder, `${name}.qcow2`)}`;

  test('a full snapshot: why it stands still, for how long, and how far it is', async () => {
    const shown = /‖ tiny +paused \(creating snapshot\) +\d+\.\d s +Snapshot +\S+ +\d+ % +\d+(\.\d)? MiB/;
    for (let attempt = 1; ; attempt += 1) {
      await terminal.type(take('full'));
      await terminal.keys('Enter');
      const seen = await terminal.shows(
        (screen) => shown.test(screen) || screen.includes('Domain snapshot full created'),
        PATIENCE,
      );
      const told = /Guest paused \d+ ms, memory \d+\.\d MiB, \d+\.\d s\n(.*\n)*Domain snapshot full created/;
      await terminal.shows(told, PATIENCE);
      if (shown.test(seen)) break;
      if (attempt === 5) throw new Error(`It was always over before its progress was seen:\n${seen}`);
      await terminal.type('snapshot-delete tiny full');
      await terminal.keys('Enter');
      await terminal.shows(/Domain snapshot full deleted/, PATIENCE);
      // libvirt 9 leaves it.
      rmSync(join(guest.folder, 'full.mem'), { force: true });
      await terminal.keys('C-l');
      await terminal.shows(/\nsnapctl # ?$/, PATIENCE);
    }
    const after = await terminal.shows(/• tiny +running \(\w+\) +last pause .*⎇ full/, PATIENCE);
    expect(after).toMatch(/1 of 1 running · qemu:/);
  }, 120_000);

  /** Ctrl-C at a certain moment of a snapshot: all is as it was. On a busy machine that may take several attempts. */
  async function interrupt(options: string, moment: RegExp): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const name = `interrupted${attempt}`;
      await terminal.keys('C-l');
      await terminal.shows(/\nsnapctl # ?$/, PATIENCE);
      await terminal.type(take(name) + options);
      await terminal.keys('Enter');
      await terminal.shows(
        (screen) => moment.test(screen) || screen.includes(`Domain snapshot ${name} created`),
        PATIENCE,
      );
      await terminal.keys('C-c');
      const screen = await terminal.shows(/error: interrupted|Domain snapshot \w+ created/, PATIENCE);
      await terminal.shows(/• tiny +running/, PATIENCE);
      if (screen.includes('error: interrupted')) {
        for (const left of [`${name}.mem`, `${name}.qcow2`])
          expect(existsSync(join(guest.folder, left))).toBe(false);
        return;
      }
      if (attempt === 5) throw new Error(`It was always over before it could be interrupted:\n${screen}`);
      await terminal.type(`snapshot-delete tiny ${name}`);
      await terminal.keys('Enter');
      await terminal.shows(/Domain snapshot \w+ deleted/, PATIENCE);
    }
  }

  test('Ctrl-C in the middle of one: it is undone, and the guest runs', async () => {
    await interrupt('', /‖ tiny +paused \(creating snapshot\)/);
  }, 120_000);

  test('the tree in the shell has the current snapshot, kinds and sizes', async () => {
    await terminal.keys('C-l');
    await terminal.type('snapshot-list tiny --tree');
    await terminal.keys('Enter');
    const screen = await terminal.shows(/● full \(current\) {2}external, memory, running, \d+ MiB/, PATIENCE);
    expect(screen).not.toMatch(/interrupted/);
  }, 60_000);

  test('walking through the tree: details, what a deletion does, and the deletion', async () => {
    await terminal.type('snapshots tiny');
    await terminal.keys('Enter');
    await terminal.shows(/Snapshots of tiny\n> ● full \(current\)/, PATIENCE);
    await terminal.keys('Enter');
    await terminal.shows(new RegExp(`Memory: +${join(guest.folder, 'full.mem')}, \\d+ MiB`), PATIENCE);
    await terminal.keys('Escape');
    // At once after Escape it would be Alt-r.
    await terminal.shows(/q leave/, PATIENCE);
    await terminal.type('r');
    await terminal.shows(/Go back to full\?\n +Disk vda: back to what/, PATIENCE);
    await terminal.type('n');
    await terminal.shows(/q leave/, PATIENCE);
    await terminal.type('d');
    await terminal.shows(/Delete full\?\n +Memory: '.*full\.mem' stays behind/, PATIENCE);
    await terminal.type('y');
    await terminal.shows(/There are none\.[\s\S]*full deleted/, PATIENCE);
    await terminal.type('q');
    await terminal.shows(
      /snapshot-delete tiny full\nThe memory of the snapshot is still in .*full\.mem.*\nDomain snapshot full deleted/,
      PATIENCE,
    );
    await terminal.shows(/• tiny +running/, PATIENCE);
  }, 120_000);

  test('a live one: it runs on, and how far it is; if it is seen standing still, why', async () => {
    await terminal.type(`${take('live')} --live`);
    await terminal.keys('Enter');
    const paused = new Set<string>();
    const look = (wanted: RegExp) => (screen: string) => {
      for (const [state] of screen.matchAll(/‖ tiny +paused( \([\w ]+\))?/g))
        paused.add(state.replace(/ +/g, ' '));
      return wanted.test(screen);
    };
    await terminal.shows(look(/▶ tiny +running \(\w+\) +Snapshot +\S+ +\d+ % +\d+(\.\d)? [KM]iB/), PATIENCE);
    await terminal.shows(look(/• tiny +running \(\w+\) +last pause \d+.*⎇ live/), PATIENCE);
    for (const state of paused) expect(state).toMatch(/^‖ tiny paused( \(creating snapshot\))?$/);
    await terminal.shows(/Domain snapshot live created[\s\S]*\nsnapctl # ?$/, PATIENCE);
  }, 120_000);

  test('Ctrl-C in the middle of a live one', async () => {
    await interrupt(' --live', /▶ tiny +running \(\w+\) +Snapshot/);
  }, 120_000);

  test('folded, full, alone on the screen, and a killed QEMU', async () => {
    await terminal.type('status off');
    await terminal.keys('Enter');
    await terminal.shows((screen) => !/• tiny/.test(screen), PATIENCE);
    await terminal.type('status full; suspend tiny');
    await terminal.keys('Enter');
    await terminal.shows(/‖ tiny +paused \(user\) +>?\d.*\n +VIR_DOMAIN_PAUSED_USER/, PATIENCE);
    await terminal.type('watch');
    await terminal.keys('Enter');
    await terminal.shows(/^‖ tiny +paused \(user\).*\n +VIR_DOMAIN_PAUSED_USER/, PATIENCE);
    process.kill(pidOf(embed), 'SIGKILL');
    await terminal.shows(/tiny +shut off \(crashed\)/, PATIENCE);
    await terminal.type('q');
    await terminal.shows(/snapctl # watch[\s\S]*tiny +shut off \(crashed\)[\s\S]*0 of 1 running/, PATIENCE);
  }, 120_000);
});

/** The QEMU of the only guest. */
function pidOf(embed: Embed): number {
  return Number(readFileSync(join(embed.folder, 'run', 'qemu', 'tiny.pid'), 'utf8'));
}

test('a bare QEMU: the pane leaves the monitor to the shell and to others, and sees it go and come', async () => {
  const guest = await BareGuest.start({ dirty: 64 });
  const state = join(guest.folder, 'state');
  const terminal = await Terminal.open(['-c', `qmp://${guest.monitor}`], {
    columns: 130,
    env: { SNAPCTL_STATE_DIR: state },
  });
  try {
    await terminal.shows(/• tiny +running[^\n]*\n[^\n]*1 of 1 running/, PATIENCE);
    await terminal.type(`snapshot-create-as tiny one --memspec file=${join(guest.folder, 'one.mem')}`);
    await terminal.keys('Enter');
    await terminal.shows(/‖ tiny +paused \(creating snapshot\)/, PATIENCE);
    await terminal.shows(/• tiny +running .*last pause \d+.*⎇ one/, PATIENCE);
    // Another program on the same machine gets its turn at once.
    const other = await Terminal.open(['-c', `qmp://${guest.monitor}`, 'domstate', 'tiny'], {
      env: { SNAPCTL_STATE_DIR: state },
    });
    // tmux scrolls a line away to say that the program has ended.
    await other.shows(/^running/, { ...PATIENCE, history: true });
    await other.close();
    process.kill(guest.pid, 'SIGKILL');
    await terminal.shows(/connection lost, reconnecting|shut off \(crashed\)/, PATIENCE);
  } finally {
    await terminal.close();
    await guest.dispose();
  }
}, 240_000);

(daemonInstalled ? test : test.skip)(
  'a killed daemon: said, waited for, and listened to again',
  async () => {
    const daemon = new PrivateDaemon();
    await daemon.start();
    const terminal = await Terminal.open(['-c', daemon.uri], { columns: 100 });
    try {
      await terminal.shows(/• test +running/, PATIENCE);
      await daemon.kill();
      await terminal.shows(/connection lost, reconnecting/, PATIENCE);
      await daemon.start();
      await terminal.shows(/1 of 1 running · test\+unix:/, PATIENCE);
      await terminal.type('suspend test');
      await terminal.keys('Enter');
      await terminal.shows(/‖ test +paused \(user\)/, PATIENCE);
    } finally {
      await terminal.close();
      await daemon.stop();
    }
  },
  120_000,
);

(daemonInstalled ? test : test.skip)(
  'what was under way when the connection was lost is not done again',
  async () => {
    const daemon = new PrivateDaemon();
    await daemon.start();
    // What the test driver holds goes with its last connection: this one stays, and counts.
    const witness = await open(daemon.uri, { mode: 'lanes' });
    const folder = mkdtempSync(join(tmpdir(), 'snapctl-pane-'));
    const file = join(folder, 'new.xml');
    writeFileSync(
      file,
      "<domain type='test'><name>new</name><memory>8192</memory><os><type>hvm</type></os></domain>",
    );
    const terminal = await Terminal.open(['-c', daemon.relayedUri], { columns: 120 });
    let defined = 0;
    try {
      await witness.watchDomainEvents(['lifecycle'], ({ domain, ...event }) => {
        if (domain.name === 'new' && 'type' in event && event.type === VIR_DOMAIN_EVENT_DEFINED) defined += 1;
      });
      await terminal.shows(/1 of 1 running/, PATIENCE);
      daemon.stall();
      await terminal.type(`define ${file}`);
      await terminal.keys('Enter');
      await until(() => defined > 0);
      // It is done, but nobody has been told.
      daemon.cut();
      await terminal.shows(/error: Failed to define domain from [\s\S]*\nsnapctl # ?$/, PATIENCE);
      await terminal.shows(/1 of 2 running · test\+unix:/, PATIENCE);
      await terminal.type('domstate new');
      await terminal.keys('Enter');
      await terminal.shows(/domstate new\nshut off/, PATIENCE);
      await terminal.type('start new');
      await terminal.keys('Enter');
      await terminal.shows(/2 of 2 running/, PATIENCE);
      expect(defined).toBe(1);
    } finally {
      await terminal.close();
      await witness.close();
      await daemon.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
  120_000,
);

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE.patience;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('It never came to that');
    await delay(10);
  }
}
