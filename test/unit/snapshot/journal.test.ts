import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Journal, JournalPresent, type JournalRecord } from '../../../src/snapshot/journal.js';
import { identifyProcess, type ProcessIdentity } from '../../../src/snapshot/process-identity.js';

describe('the journal of a domain', () => {
  let root: string;
  let us: ProcessIdentity;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'snapctl-journal-'));
    us = (await identifyProcess(process.pid)) as ProcessIdentity;
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const record = (snapshot: string, more: Partial<JournalRecord> = {}): JournalRecord => ({
    version: 1,
    domain: 'web',
    uuid: '00000000-0000-0000-0000-000000000000',
    socket: '/run/web.qmp',
    agentSocket: null,
    qemu: { pid: 4711, startTime: '1' },
    controller: us,
    guardian: null,
    operation: 'snapshot-create',
    snapshot,
    startedAt: '2026-01-01T00:00:00.000Z',
    step: 'preparing',
    method: 'none',
    wasRunning: true,
    halt: false,
    frozen: false,
    overlays: [],
    memory: null,
    migration: null,
    jobs: [],
    internal: [],
    snapshotXml: null,
    ...more,
  });
  const rejection = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );

  test('is begun by one of those who try at once', async () => {
    const folder = join(root, 'qmp', 'web');
    const tries = Array.from({ length: 12 }, (_, index) => Journal.begin(folder, record(`s${index}`)));
    const results = await Promise.allSettled(tries);
    const begun = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(begun).toHaveLength(1);
    const winner = begun[0]?.record.snapshot;
    expect((await Journal.read(folder))?.snapshot).toBe(winner);
    for (const result of results) {
      if (result.status === 'fulfilled') continue;
      expect(result.reason).toBeInstanceOf(JournalPresent);
      expect(result.reason.message).toBe(
        `snapctl (pid ${process.pid}) is busy with snapshot '${winner}' of domain 'web'`,
      );
    }
    expect(statSync(join(folder, 'journal.json')).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    await begun[0]?.end();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is not begun on a QEMU that has one elsewhere', async () => {
    const [one, other] = [join(root, 'qmp', 'one'), join(root, 'qmp', 'other')];
    const first = await Journal.begin(one, record('s1'));
    const refused = await rejection(Journal.begin(other, record('s2')));
    expect(refused).toMatchObject({ hands: 'controller', record: { snapshot: 's1' } });
    expect(readdirSync(other)).toEqual([]);
    // The same number at another time is another process.
    const third = join(root, 'qmp', 'third');
    const reborn = await Journal.begin(third, record('s3', { qemu: { pid: 4711, startTime: '2' } }));
    await reborn.end();
    await first.end();
    await (await Journal.begin(other, record('s2'))).end();
  });

  test('of a dead process wants to be recovered', async () => {
    const folder = join(root, 'qmp', 'web');
    await Journal.begin(folder, record('s1', { controller: { pid: us.pid, startTime: '0' } }));
    expect(await rejection(Journal.begin(folder, record('s2')))).toMatchObject({
      hands: 'nobody',
      message: "snapshot 's1', begun 2026-01-01T00:00:00.000Z, has not ended: run snapctl recover",
    });
    // While its guardian lives there is nothing for anybody to do.
    const guarded = join(root, 'qmp', 'guarded');
    await Journal.begin(
      guarded,
      record('s1', { controller: { pid: us.pid, startTime: '0' }, guardian: us, qemu: null }),
    );
    expect(await rejection(Journal.begin(guarded, record('s2')))).toMatchObject({
      hands: 'guardian',
      message: `snapshot 's1', begun 2026-01-01T00:00:00.000Z, was cut off and is being mended by snapctl (pid ${us.pid})`,
    });
  });
});
