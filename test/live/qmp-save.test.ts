import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { GuestAgent } from '../../src/agent/guest-agent.js';
import { open } from '../../src/drivers/qmp/open.js';
import {
  VIR_DOMAIN_RUNNING,
  VIR_DOMAIN_RUNNING_RESTORED,
  VIR_DOMAIN_SAVE_PAUSED,
} from '../../src/hypervisor/constants.js';
import type { Domain } from '../../src/hypervisor/index.js';
import { processBehind } from '../../src/snapshot/qemu-process.js';
import { isSavedGuest, restoreSaved } from '../../src/snapshot/save-restore.js';
import { runProgram } from '../support/program.js';
import { BareGuest, type BareGuestOptions, qemuPrograms } from '../support/qemu.js';

// Emulated guests on a machine that may be busy.
jest.setTimeout(240_000);

const restoring = { running: undefined, signal: new AbortController().signal };

describe.each(qemuPrograms)('save and restore of a bare QEMU, on %s', (_, find) => {
  let bare: BareGuest;
  let file: string;

  afterEach(async () => {
    const successor = bare && (await processBehind(bare.monitor));
    if (successor && successor.pid !== bare.pid) process.kill(successor.pid, 'SIGKILL');
    await bare?.dispose();
    delete process.env.SNAPCTL_STATE_DIR;
  });

  async function boot(options: BareGuestOptions = {}): Promise<void> {
    bare = await BareGuest.start({
      program: await find(),
      disks: 2,
      memory: 160,
      atom: true,
      ...options,
    });
    process.env.SNAPCTL_STATE_DIR = join(bare.folder, 'state');
    file = join(bare.folder, 'saved');
  }

  async function withDomain<T>(use: (domain: Domain) => Promise<T>): Promise<T> {
    const connection = await open(`qmp://${bare.monitor}`);
    try {
      return await use(await connection.domainLookupByName('tiny'));
    } finally {
      await connection.close();
    }
  }

  const expectNothingLeft = (): void => {
    const [domain] = readdirSync(join(bare.folder, 'state', 'qmp'));
    const left = readdirSync(join(bare.folder, 'state', 'qmp', domain ?? ''));
    expect(left.filter((name) => name !== 'run-reason.json')).toEqual([]);
    expect(readdirSync(bare.folder).filter((name) => /partial|snapctl/.test(name))).toEqual([]);
  };

  test('the guest ends, and goes on where it was; once more, paused', async () => {
    await boot();
    await bare.serial.waitFor(/^atom \d+$/);
    await withDomain((domain) => domain.save(file));
    await bare.exited();
    expect(await isSavedGuest(file)).toBe(true);
    expectNothingLeft();
    const last = bare.serial.counter() ?? 0;
    const from = bare.serial.end();

    expect(await restoreSaved(file, restoring)).toBe('tiny');
    const [, number] = await bare.serial.waitFor(/^counter (\d+)$/, { from });
    expect(Number(number)).toBeGreaterThanOrEqual(last);
    expect(Number(number)).toBeLessThanOrEqual(last + 2);
    await bare.serial.waitFor(/^atom \d+$/, { from: bare.serial.end() });
    expect(bare.serial.text(from)).not.toMatch(/mismatch|^ready|^failed/m);
    expectNothingLeft();
    const agent = await GuestAgent.connect(bare.agent, { timeout: 10_000 });
    await agent.ping();
    agent.close();
    const { pid = 0 } = (await processBehind(bare.monitor)) ?? {};
    expect(pid).not.toBe(bare.pid);

    await withDomain(async (domain) => {
      expect(await domain.getState()).toEqual({
        state: VIR_DOMAIN_RUNNING,
        reason: VIR_DOMAIN_RUNNING_RESTORED,
      });
    });

    // It has written to its disks since: its old memory would ruin them.
    await expect(restoreSaved(file, restoring)).rejects.toThrow(
      /'vda'.*has been changed.*'vdb'.*has been changed/,
    );
    await withDomain((domain) => domain.saveFlags(file, null, VIR_DOMAIN_SAVE_PAUSED));
    await restoreSaved(file, restoring);
    await withDomain(async (domain) => {
      expect((await domain.getState()).state).not.toBe(VIR_DOMAIN_RUNNING);
      await expect(restoreSaved(file, restoring)).rejects.toThrow(/already active/);
      await domain.resume();
    });
    await bare.nextCounter();
  });

  test('what is no save, is cut off, or does not fit is refused, and nothing is started', async () => {
    await boot({ atom: false });
    await withDomain((domain) => domain.save(file));
    await bare.exited();
    const whole = readFileSync(file);
    const refused = async (reason: RegExp): Promise<void> => {
      await expect(restoreSaved(file, restoring)).rejects.toThrow(reason);
      expect(await processBehind(bare.monitor)).toBeUndefined();
      expectNothingLeft();
    };
    for (const wrong of [
      whole.subarray(0, -1),
      whole.subarray(1),
      Buffer.alloc(0),
      Buffer.from('LibvirtQemudSave'),
    ]) {
      writeFileSync(file, wrong);
      await refused(/image magic is incorrect/);
    }
    const spoilt = Buffer.from(whole);
    spoilt.fill(0xa5, 200_000, 260_000);
    writeFileSync(file, spoilt);
    await refused(/load|ended/);
    writeFileSync(file, whole);

    const [disk] = bare.disks as [string];
    const aside = join(bare.folder, 'aside');
    copyFileSync(disk, aside);
    appendFileSync(disk, 'x');
    await refused(/disk 'vda' .* has been changed/);
    copyFileSync(aside, disk);
    utimesSync(disk, 1, 1);
    await refused(/disk 'vda' .* has been changed/);
  });

  test('an interrupt: the guest runs on, and no file is left', async () => {
    await boot({ atom: false });
    const interrupt = new AbortController();
    const progress: number[] = [];
    await withDomain(async (domain) => {
      const save = domain.saveFlags(file, null, 0, {
        signal: interrupt.signal,
        onProgress: ({ dataTotal, dataRemaining }) => {
          progress.push(Number(dataTotal - dataRemaining));
          interrupt.abort();
        },
      });
      await expect(save).rejects.toThrow(/abort/);
      expect((await domain.getState()).state).toBe(VIR_DOMAIN_RUNNING);
    });
    expect(progress.length).toBeGreaterThan(0);
    expect(existsSync(file)).toBe(false);
    expectNothingLeft();
    await bare.nextCounter();
    // And through the program, which shows how far it is.
    const said = await runProgram(`qmp://${bare.monitor}`, ['save', 'tiny', file, '--verbose'], {
      env: { SNAPCTL_STATE_DIR: join(bare.folder, 'state') },
    });
    expect(said).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`Domain 'tiny' saved to ${file}`),
    });
    expect(said.stderr).toMatch(/Save: \[ *\d+ %\].*Save: \[100 %\]/s);
    await bare.exited();
    expect(await isSavedGuest(file)).toBe(true);
    // Nobody listens on the URI's socket any more.
    const from = bare.serial.end();
    const restored = await runProgram(`qmp://${bare.monitor}`, ['restore', file], {
      env: { SNAPCTL_STATE_DIR: join(bare.folder, 'state') },
    });
    expect(restored).toMatchObject({ code: 0, stdout: `Domain restored from ${file}\n\n` });
    await bare.serial.waitFor(/^counter \d+$/, { from });
  });

  test('an image in the way of a save: a folder, and no such folder', async () => {
    await boot({ atom: false });
    await withDomain(async (domain) => {
      await expect(domain.save(bare.folder)).rejects.toThrow(/not a file/);
      await expect(domain.save(join(bare.folder, 'none', 'x'))).rejects.toThrow(/No such file or directory/);
    });
    expect(bare.ended).toBe(false);
    await bare.nextCounter();
    expect(existsSync(file)).toBe(false);
  });
});
