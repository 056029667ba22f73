import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Embed, type TinyGuest } from '../support/embed.mjs';
import { longForm } from '../support/long-form.js';

// Emulated, on a machine that may be busy: what takes 10 s here alone has taken a minute.
jest.setTimeout(180_000);

// The guest that all other live tests stand on: what it says must be true.
// Every other suite stands on it, and would fail without it.
(longForm ? describe : describe.skip)('the tiny guest on real QEMU', () => {
  let embed: Embed;
  let guest: TinyGuest;
  const dirty = 32;

  beforeAll(async () => {
    embed = await Embed.create();
    guest = await embed.start({ disks: 2, dirty, gap: true });
  });

  afterAll(() => embed?.dispose());

  test('starts with every device and module it needs', () => {
    const said = guest.serial.text();
    expect(said).toMatch(/^ready agent$/m);
    expect(said).not.toMatch(/^failed/m);
  });

  test('answers through its agent, and has both disks mounted', async () => {
    expect(await guest.agent('guest-ping')).toEqual({});
    const mounts = (await guest.agent('guest-get-fsinfo')) as { mountpoint: string; type: string }[];
    expect(mounts.map(({ mountpoint, type }) => `${mountpoint} ${type}`).sort()).toEqual([
      '/data ext4',
      '/data2 ext4',
    ]);
  });

  test('counts without gaps, ten times a second when it is not busy', async () => {
    await guest.nextCounter();
    const from = guest.serial.end();
    await guest.serial.waitFor(/^counter \d*[05]$/, { from });
    await guest.serial.waitFor(/^counter \d*[27]$/, { from: guest.serial.end() });
    const numbers = guest.serial.numbers('counter', from);
    expect(numbers.length).toBeGreaterThanOrEqual(3);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] as number) + index));
    expect(guest.serial.text()).not.toMatch(/^mismatch/m);
  });

  test('has the counter on both disks, and not only in memory', async () => {
    const before = guest.serial.counter() as number;
    const onDisk = async (path: string) => {
      const handle = await guest.agent('guest-file-open', { path, mode: 'r' });
      const read = (await guest.agent('guest-file-read', { handle })) as { 'buf-b64': string };
      await guest.agent('guest-file-close', { handle });
      return Number(Buffer.from(read['buf-b64'], 'base64').toString());
    };
    expect(await onDisk('/data/counter')).toBeGreaterThanOrEqual(before);
    expect(await onDisk('/data2/counter')).toBeGreaterThanOrEqual(before);
  });

  test('says so when a disk and the memory are not of one instant', async () => {
    const from = guest.serial.end();
    await guest.agent('guest-exec', {
      path: '/bin/busybox',
      // More than once: between the guest's own look at the disk and its next write it would be lost.
      arg: [
        'sh',
        '-c',
        "for i in 1 2 3 4 5 6 7 8; do printf '%-511d\\n' 7 1<>/data2/counter; sync /data2/counter; usleep 70000; done; echo over >/dev/console",
      ],
    });
    await guest.serial.waitFor(/^mismatch memory \d+ disk 7 \/data2$/, { from });
    await guest.serial.waitFor(/^over$/, { from });
    await guest.nextCounter();
    const mended = guest.serial.end();
    await guest.nextCounter();
    expect(guest.serial.text(mended)).not.toMatch(/^mismatch/m);
  });

  test('prints its longest scheduling gap, and sees a pause from inside', async () => {
    const from = guest.serial.end();
    await guest.serial.waitFor(/^gap \d+ ms$/, { from });
    // While the machine stands still its system clock does, too; those two seconds must come back.
    const stopped = Date.now();
    await embed.must('suspend', guest.name);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await embed.must('resume', guest.name);
    const atMost = Date.now() - stopped;
    const [, said] = await guest.serial.waitFor(/^paused (\d+) ms$/, { from, timeout: 20_000 });
    expect(Number(said)).toBeGreaterThan(1500);
    expect(Number(said)).toBeLessThan(atMost + 300);
  });

  test('rewrites as much memory as it is told to', async () => {
    const from = guest.serial.end();
    const [, first] = await guest.serial.waitFor(/^rewrite pass (\d+), 32 MiB$/, { from });
    const [, second] = await guest.serial.waitFor(/^rewrite pass (\d+), 32 MiB$/, {
      from: guest.serial.end(),
    });
    expect(Number(second)).toBeGreaterThan(Number(first));
    const info = (await guest.agent('guest-exec', {
      path: '/bin/busybox',
      arg: ['stat', '-c', '%s', '/run/rewritten'],
      'capture-output': true,
    })) as { pid: number };
    let status: { exited: boolean; 'out-data'?: string };
    do {
      status = (await guest.agent('guest-exec-status', { pid: info.pid })) as typeof status;
    } while (!status.exited);
    expect(Number(Buffer.from(status['out-data'] ?? '', 'base64').toString())).toBe(dirty << 20);
  });

  test('goes back to the instant of a snapshot in memory and on both disks', async () => {
    await embed.must('snapshot-create-as', guest.name, 'instant');
    const then = guest.serial.counter() as number;
    const from = guest.serial.end();
    await guest.serial.waitFor(new RegExp(`^counter (${then + 3}|${then + 4})$`), { from });
    const later = guest.serial.end();
    await embed.must('snapshot-revert', guest.name, 'instant');
    // One more may have been said between the snapshot and our reading of the log.
    await guest.serial.waitFor(new RegExp(`^counter (${then}|${then + 1})$`), { from: later });
    await guest.nextCounter();
    expect(guest.serial.text(later)).not.toMatch(/^mismatch/m);
    await embed.must('snapshot-delete', guest.name, 'instant');
  });

  test('powers off when asked, with clean disks and the last counter on them', async () => {
    await embed.must('shutdown', guest.name, '--mode', 'acpi');
    await guest.serial.waitFor(/^going down for poweroff/);
    await guest.off();
    for (const disk of guest.disks)
      expect(await guest.checkDisk(disk.path)).toMatch(/^data: \d+\/\d+ files/m);

    await embed.must('start', guest.name);
    const last = guest.serial.counter() as number;
    await guest.ready({ from: guest.serial.end() });
    expect(await guest.nextCounter()).toBeGreaterThan(last);
  });
});
