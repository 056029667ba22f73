import { execFile } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { QmpClient, runJob } from '../../dist/qmp.js';
import { BareGuest } from '../../test/support/bare-guest.mjs';
import { snapctl } from '../../test/support/embed.mjs';
import { runToEnd } from '../../test/support/run-to-end.mjs';
import { milliseconds } from './clock.mjs';
import { filled } from './guests.mjs';
import { Heartbeat } from './heartbeat.mjs';
import { Observer } from './observer.mjs';
import { ProcessCost } from './process-cost.mjs';

const run = promisify(execFile);
const UNLIMITED = 10_000_000_000_000;

/**
 * The guest under a bare QEMU, and the ways of taking a snapshot of it. Each way returns what it made; `undo` takes it
 * away again, so that all start from a single image.
 */
export class BareWorld {
  /** Name of a method -> how it is done. */
  methods = {
    'snapctl --live': (name) => this.#snapctl(name, '--live'),
    'snapctl --method background': (name) => this.#snapctl(name, '--live', '--method', 'background'),
    'snapctl --method precopy': (name) => this.#snapctl(name, '--live', '--method', 'precopy'),
    'snapctl (stopped)': (name) => this.#snapctl(name),
    'snapctl archive-create --live': (name) => this.#archive(name),
    'hexz sequence': (name) => this.#hexz(name),
    'QEMU snapshot-save': (name) => this.#snapshotSave(name),
  };

  static async start(options, program) {
    const guest = await BareGuest.start({
      tick: 100,
      ...options,
      program,
      heartbeat: true,
      observer: true,
    });
    const world = new BareWorld(guest);
    world.observer = await Observer.connect(join(guest.folder, 'observer'));
    world.heartbeat = new Heartbeat(join(guest.folder, 'heartbeat'));
    await filled(guest.serial, options);
    await world.heartbeat.steady();
    return world;
  }

  constructor(guest) {
    this.guest = guest;
  }

  /** Runs snapctl, which must succeed. @returns its cost and how long it took */
  async snapctl(...words) {
    let cost;
    const from = milliseconds();
    const { code, stdout, stderr } = await runToEnd(
      process.execPath,
      [snapctl, '--json', '-c', `qmp://${this.guest.monitor}`, ...words],
      {
        env: { SNAPCTL_STATE_DIR: join(this.guest.folder, 'state'), NO_COLOR: '1' },
        started: (child) => {
          cost = new ProcessCost(child.pid);
        },
      },
    );
    const to = milliseconds();
    const used = await cost.end();
    if (code !== 0) throw new Error(`${words.join(' ')}: ended with ${code}\n${stderr}${stdout}`);
    return { from, to, ...used, said: stdout };
  }

  async #snapctl(name, ...options) {
    const memory = this.#file(`${name}.mem`);
    const words = ['snapshot-create-as', 'tiny', name, '--memspec', `file=${memory}`];
    const done = await this.snapctl(
      ...words,
      '--diskspec',
      `vda,file=${this.#file(`${name}.qcow2`)}`,
      ...options,
    );
    const { method } = JSON.parse(done.said);
    return {
      ...done,
      method,
      imageBytes: statSync(memory).size,
      undo: () => this.snapctl('snapshot-delete', 'tiny', name),
    };
  }

  /** Memory and disk in one compressed file; what the guest writes meanwhile is merged back within the time. */
  async #archive(name) {
    const file = this.#file(`${name}.snap`);
    const done = await this.snapctl('archive-create', 'tiny', file, '--live');
    const { method } = JSON.parse(done.said);
    return { ...done, method, imageBytes: statSync(file).size, undo: async () => rmSync(file) };
  }

  /**
   * What hexz's `vm snap` does with QEMU (stop; migrate "exec:cat > FILE"; look until it is done; cont), with an
   * overlay for the disk. In its favour: without QEMU's limit of 128 MiB a second, which hexz does not lift, looking
   * every 5 ms in place of 500, and without the compression that hexz does before it lets the guest go on.
   */
  async #hexz(name) {
    const qmp = await QmpClient.connect(this.guest.monitor);
    try {
      const memory = this.#file(`${name}.mem`);
      const overlay = this.#file(`${name}.qcow2`);
      const [disk] = this.guest.disks;
      await qmp.execute('migrate-set-parameters', { 'max-bandwidth': UNLIMITED });
      const from = milliseconds();
      await qmp.execute('stop');
      await qmp.execute('migrate', { uri: `exec:cat > ${memory}` });
      await completed(qmp);
      const made = ['-q', '-f', 'qcow2', '-b', disk, '-F', 'qcow2', overlay];
      await run(this.guest.program.qemuImg, ['create', ...made], {
        env: { ...process.env, ...this.guest.program.env },
      });
      const existing = { 'snapshot-file': overlay, format: 'qcow2', mode: 'existing' };
      await qmp.execute('blockdev-snapshot-sync', {
        'node-name': 'disk0',
        'snapshot-node-name': 'overlay',
        ...existing,
      });
      await qmp.execute('cont');
      const to = milliseconds();
      const imageBytes = statSync(memory).size;
      return { from, to, imageBytes, undo: () => this.#mergeOverlay(overlay, memory) };
    } finally {
      await qmp.disconnect();
    }
  }

  async #mergeOverlay(overlay, memory) {
    const { client } = this.observer;
    await runJob(
      client,
      'merge',
      () => client.execute('block-commit', { 'job-id': 'merge', device: 'overlay', 'auto-dismiss': false }),
      { whenReady: 'complete', timeout: 60_000 },
    );
    rmSync(overlay);
    rmSync(memory);
  }

  /** QEMU's own job, which writes memory into the disk's image. */
  async #snapshotSave(tag) {
    const qmp = await QmpClient.connect(this.guest.monitor);
    const words = { vmstate: 'disk0', devices: ['disk0'], tag };
    const job = (command, id) =>
      runJob(qmp, id, () => qmp.execute(command, { 'job-id': id, ...words }), { timeout: 300_000 });
    try {
      const from = milliseconds();
      await job('snapshot-save', 'save');
      const to = milliseconds();
      const nodes = await qmp.execute('query-named-block-nodes', { flat: true });
      const { image } = nodes.find((node) => node['node-name'] === 'disk0');
      const saved = image.snapshots.find(({ name }) => name === tag);
      return {
        from,
        to,
        imageBytes: saved['vm-state-size'],
        undo: async () => {
          const again = await QmpClient.connect(this.guest.monitor);
          const { vmstate: _, ...rest } = words;
          await runJob(again, 'drop', () => again.execute('snapshot-delete', { 'job-id': 'drop', ...rest }));
          await again.disconnect();
        },
      };
    } finally {
      await qmp.disconnect();
    }
  }

  #file(name) {
    return join(this.guest.folder, name);
  }

  async dispose() {
    await this.heartbeat?.close();
    await this.observer?.close();
    await this.guest.dispose();
  }
}

async function completed(qmp) {
  for (;;) {
    const { status, 'error-desc': why } = await qmp.execute('query-migrate');
    if (status === 'completed') return;
    if (status === 'failed') throw new Error(`migration failed: ${why}`);
    await delay(5);
  }
}
