import { describe, expect, test } from '@jest/globals';
import * as constants from '../../../src/hypervisor/constants.js';
import { type DomainEvent, describeReason, REASON_WORDS } from '../../../src/hypervisor/index.js';
import { RECENT_MS } from '../../../src/ui/status/domain-status.js';
import { reasonName } from '../../../src/ui/status/reason-names.js';
import { StatusModel } from '../../../src/ui/status/status-model.js';
import { type StatusRow, type StatusView, viewOf } from '../../../src/ui/status/status-view.js';

const connection = { state: 'connected', uri: 'test:', readonly: false, message: undefined } as const;
const web = { uuid: 'u-web', name: 'web', id: 3 };

const view = (model: StatusModel, now: number, limit = 50): StatusView =>
  viewOf(model, { mode: 'on', connection, limit, now });

const row = (model: StatusModel, now: number, uuid = web.uuid): StatusRow | undefined =>
  view(model, now).rows.find((each) => each.uuid === uuid);

/** A model that knows `web`, which runs. */
function running(): StatusModel {
  const model = new StatusModel();
  model.setAll([{ ...web, state: constants.VIR_DOMAIN_RUNNING, reason: 1 }], 0);
  return model;
}

const lifecycle = (type: number, detail: number): DomainEvent => ({
  event: 'lifecycle',
  domain: web,
  type,
  detail,
});
const SUSPENDED = constants.VIR_DOMAIN_EVENT_SUSPENDED;
const RESUMED = constants.VIR_DOMAIN_EVENT_RESUMED;
const STOPPED = constants.VIR_DOMAIN_EVENT_STOPPED;

describe('states that events tell', () => {
  const cases: [string, DomainEvent, string, object][] = [
    ['a pause, whose reason is to be asked', lifecycle(SUSPENDED, 0), 'paused', { state: true }],
    ['a pause by an I/O error', lifecycle(SUSPENDED, 2), 'paused (I/O error)', { state: true }],
    ['a pause by the watchdog', lifecycle(SUSPENDED, 3), 'paused (watchdog)', { state: true }],
    ['post-copy', lifecycle(SUSPENDED, 7), 'paused (post-copy)', { state: true }],
    ['an end', lifecycle(STOPPED, 0), 'shut off (shutdown)', { existence: true, snapshot: true }],
    ['a crash', lifecycle(STOPPED, 2), 'shut off (crashed)', { existence: true, snapshot: true }],
    ['a save', lifecycle(STOPPED, 4), 'shut off (saved)', { existence: true, snapshot: true }],
    ['a panic', lifecycle(constants.VIR_DOMAIN_EVENT_CRASHED, 0), 'crashed (panicked)', { state: true }],
    ['going down', lifecycle(constants.VIR_DOMAIN_EVENT_SHUTDOWN, 0), 'in shutdown', { state: true }],
    ['sleep', lifecycle(constants.VIR_DOMAIN_EVENT_PMSUSPENDED, 0), 'pmsuspended', { state: true }],
    [
      'a revert while it runs',
      lifecycle(constants.VIR_DOMAIN_EVENT_STARTED, 3),
      'running (from snapshot)',
      { snapshot: true, job: false },
    ],
  ];
  test.each(cases)('%s', (_, event, state, ask) => {
    const model = running();
    expect(model.apply(event, 100)).toEqual(ask);
    expect(row(model, 100)?.state).toBe(state);
  });

  test('a guest that libvirt has no reason for stands still for the snapshot that is being taken', () => {
    const model = running();
    const sample = { what: 'Snapshot', done: 1, remaining: 1, total: 2 };
    model.setJob(web.uuid, sample, 0);
    model.setState(web.uuid, constants.VIR_DOMAIN_PAUSED, 0, 10);
    expect(row(model, 10)).toMatchObject({
      state: 'paused (creating snapshot)',
      reasonName: 'VIR_DOMAIN_PAUSED_SNAPSHOT',
    });
    model.setState(web.uuid, constants.VIR_DOMAIN_PAUSED, constants.VIR_DOMAIN_PAUSED_USER, 20);
    expect(row(model, 20)?.state).toBe('paused (user)');
    model.setState(web.uuid, constants.VIR_DOMAIN_PAUSED, 0, 30);
    // It stands still for that until it runs, though the job has come to its end.
    model.setJob(web.uuid, undefined, 30);
    expect(row(model, 30)?.state).toBe('paused (creating snapshot)');
    model.setState(web.uuid, constants.VIR_DOMAIN_RUNNING, 0, 40);
    expect(row(model, 40)).toMatchObject({ state: 'running', reasonName: undefined });
    model.setJob(web.uuid, { ...sample, what: 'Outgoing migration' }, 50);
    model.setState(web.uuid, constants.VIR_DOMAIN_PAUSED, 0, 50);
    expect(row(model, 50)?.state).toBe('paused (unknown)');
  });

  test('every reason libvirt has, has its name and its words', () => {
    for (const [name, value] of Object.entries(constants)) {
      const match = /^VIR_DOMAIN_(NOSTATE|RUNNING|BLOCKED|PAUSED|SHUTOFF|CRASHED)_([A-Z_]+)$/.exec(name);
      if (!match || match[2] === 'LAST') continue;
      const state = (constants as unknown as Record<string, number>)[`VIR_DOMAIN_${match[1]}`] ?? -1;
      expect([name, reasonName(state, value as number)]).toEqual([name, name]);
      expect(REASON_WORDS[state]?.[value as number]).toBeDefined();
    }
  });
});

describe('stopwatch', () => {
  test('runs while the guest stands still, and leaves the length of the pause', () => {
    const model = running();
    model.apply(lifecycle(SUSPENDED, 0), 1000);
    model.setState(web.uuid, constants.VIR_DOMAIN_PAUSED, constants.VIR_DOMAIN_PAUSED_SNAPSHOT, 1010);
    expect(row(model, 1400)).toMatchObject({
      state: 'paused (creating snapshot)',
      reasonName: 'VIR_DOMAIN_PAUSED_SNAPSHOT',
      attention: 'still',
      still: { ms: 400, atLeast: false },
    });
    expect(view(model, 1400).next).toBe(100);
    model.apply(lifecycle(RESUMED, 0), 1500);
    expect(row(model, 1600)).toMatchObject({
      state: 'running (unpaused)',
      still: undefined,
      lastPauseMs: 500,
    });
  });

  test("QEMU's own clock is believed more than when the news came, whichever comes first", () => {
    const stop = { event: 'STOP', domain: web, seconds: 7n, micros: 100_000, details: null };
    const resume = { event: 'RESUME', domain: web, seconds: 7n, micros: 137_500, details: null };
    const first = running();
    first.applyMonitor(stop, 0);
    first.apply(lifecycle(SUSPENDED, 0), 5);
    first.applyMonitor(resume, 90);
    first.apply(lifecycle(RESUMED, 0), 95);
    expect(row(first, 100)?.lastPauseMs).toBe(37.5);
    const last = running();
    last.apply(lifecycle(SUSPENDED, 0), 5);
    last.applyMonitor(stop, 6);
    last.apply(lifecycle(RESUMED, 0), 95);
    last.applyMonitor(resume, 96);
    expect(row(last, 100)?.lastPauseMs).toBe(37.5);
    // The next pause, of which only the hypervisor tells, is not the old one.
    last.applyMonitor({ ...stop, seconds: 9n }, 200);
    last.apply(lifecycle(SUSPENDED, 0), 200);
    last.apply(lifecycle(RESUMED, 0), 260);
    expect(row(last, 300)?.lastPauseMs).toBe(60);
  });

  test('says "at least" of a guest that was found standing still', () => {
    const model = new StatusModel();
    model.setAll([{ ...web, state: constants.VIR_DOMAIN_PAUSED, reason: 1 }], 50);
    expect(row(model, 150)?.still).toEqual({ ms: 100, atLeast: true });
    model.setAll([{ ...web, state: constants.VIR_DOMAIN_PAUSED, reason: 1 }], 200);
    expect(row(model, 250)?.still).toEqual({ ms: 200, atLeast: true });
    expect(view(model, 60_000).next).toBe(1000);
  });

  test('stops when the guest is gone', () => {
    const model = running();
    model.apply(lifecycle(SUSPENDED, 0), 0);
    model.apply(lifecycle(STOPPED, 1), 70);
    expect(row(model, 90)).toMatchObject({ state: 'shut off (destroyed)', still: undefined });
  });
});

describe('jobs', () => {
  const sample = (done: number, remaining: number) => ({ what: 'Snapshot', done, remaining, total: 1000 });

  test('share, rate and time left come from samples', () => {
    const model = running();
    model.setJob(web.uuid, sample(100, 900), 0);
    expect(row(model, 0)?.jobs).toEqual([
      { what: 'Snapshot', share: 0.1, done: 100, total: 1000, rate: undefined, secondsLeft: undefined },
    ]);
    model.setJob(web.uuid, sample(300, 700), 1000);
    expect(row(model, 1000)?.jobs[0]).toMatchObject({ share: 0.3, rate: 200, secondsLeft: 3.5 });
    model.setJob(web.uuid, sample(400, 600), 2000);
    expect(row(model, 2000)?.jobs[0]?.rate).toBeCloseTo(160);
    model.setJob(web.uuid, undefined, 3000);
    expect(row(model, 3000)).toMatchObject({ jobs: [], attention: 'recent' });
    expect(row(model, 3000 + RECENT_MS)?.attention).toBe('rest');
  });

  test('a job that begins anew does not inherit a rate', () => {
    const model = running();
    model.setJob(web.uuid, sample(100, 900), 0);
    model.setJob(web.uuid, sample(500, 500), 1000);
    model.setJob(web.uuid, sample(0, 1000), 2000);
    expect(row(model, 2000)?.jobs[0]).toMatchObject({ rate: undefined, share: 0 });
  });

  test("QEMU's events tell when to ask, and for which disk", () => {
    const model = running();
    const monitor = (event: string, details: string | null) =>
      model.applyMonitor({ event, domain: web, seconds: 1n, micros: 0, details }, 0);
    expect(monitor('MIGRATION', '{"status":"active"}')).toEqual({ job: true, state: true });
    expect(monitor('JOB_STATUS_CHANGE', '{"status":"running","id":"commit-vda-libvirt-3-format"}')).toEqual({
      disk: 'vda',
    });
    expect(monitor('JOB_STATUS_CHANGE', '{"id": "drive-mirror0", "status": "ready"}')).toEqual({
      disk: 'drive-mirror0',
    });
    expect(monitor('NIC_RX_FILTER_CHANGED', '{}')).toEqual({});
  });

  test('block jobs come and go by disk', () => {
    const model = running();
    model.setBlockJob(web.uuid, 'vda', { ...sample(1, 999), what: 'Commit vda' }, 0);
    model.setBlockJob(web.uuid, 'vdb', { ...sample(1, 999), what: 'Commit vdb' }, 0);
    const done = { event: 'block-job-2', domain: web, disk: 'vda', type: 3, status: 0 } as const;
    expect(model.apply(done, 5)).toEqual({ disk: 'vda', snapshot: true });
    expect(row(model, 5)?.jobs.map(({ what }) => what)).toEqual(['Commit vdb']);
    model.apply({ ...done, disk: 'vdb', status: 1 }, 6);
    expect(row(model, 6)).toMatchObject({ jobs: [], problem: 'a job on vdb failed', attention: 'problem' });
  });
});

test('an I/O error stays until the guest runs again', () => {
  const model = running();
  const event = {
    event: 'io-error-reason',
    domain: web,
    srcPath: '/a',
    device: 'vda',
    action: 1,
    reason: 'enospc',
  };
  model.apply(event as DomainEvent, 0);
  expect(row(model, 99_999)).toMatchObject({ problem: 'I/O error on vda: enospc', attention: 'problem' });
  model.setState(web.uuid, constants.VIR_DOMAIN_RUNNING, 5, 100_000);
  expect(row(model, 100_000)?.problem).toBeUndefined();
});

test('frozen filesystems, a command and a monitor in other hands each deserve a row', () => {
  for (const change of [
    (model: StatusModel) => model.setFrozen(web.uuid, true),
    (model: StatusModel) => model.setCommand(web.uuid, 'save'),
    (model: StatusModel) => model.setElsewhere(web.uuid, true),
  ]) {
    const model = running();
    change(model);
    expect(row(model, 0)?.attention).toBe('busy');
  }
});

test('definition and undefinition add and remove; whoever runs while undefined stays', () => {
  const model = running();
  const db = { uuid: 'u-db', name: 'db', id: -1 };
  const event = (type: number): DomainEvent => ({ event: 'lifecycle', domain: db, type, detail: 0 });
  model.apply(event(constants.VIR_DOMAIN_EVENT_DEFINED), 0);
  expect(row(model, 0, db.uuid)?.state).toBe('shut off');
  model.apply(event(constants.VIR_DOMAIN_EVENT_UNDEFINED), 0);
  expect(row(model, 0, db.uuid)).toBeUndefined();
  expect(model.apply(lifecycle(constants.VIR_DOMAIN_EVENT_UNDEFINED, 0), 0)).toEqual({ existence: true });
  expect(row(model, 0)).toBeDefined();
});

test('a domain is found by name, id and UUID', () => {
  const model = running();
  expect(['web', '3', 'U-WEB', 'x', '-1'].map((name) => model.find(name)?.name)).toEqual([
    'web',
    'web',
    'web',
    undefined,
    undefined,
  ]);
});

test('those not at rest come first, then those that run, by name; no more than fit', () => {
  const model = new StatusModel();
  const states: [string, number, number][] = [
    ['off', 5, 1],
    ['calm-b', 1, 1],
    ['calm-a', 1, 1],
    ['user', 3, 1],
    ['bad', 6, 1],
    ['job', 1, 1],
  ];
  model.setAll(
    states.map(([name, state, reason], id) => ({ uuid: name, name, id, state, reason })),
    0,
  );
  model.setJob('job', { what: 'Dump', done: 0, remaining: 0, total: 0 }, 0);
  const names = (limit: number) => view(model, 0, limit).rows.map(({ name }) => name);
  expect(names(50)).toEqual(['bad', 'user', 'job', 'calm-a', 'calm-b', 'off']);
  expect(names(4)).toEqual(['bad', 'user', 'job', 'calm-a']);
  expect(view(model, 0, 2)).toMatchObject({ total: 6, running: 3, restless: 3 });
});

test('names cannot reach the terminal as control characters', () => {
  const model = new StatusModel();
  model.setAll([{ uuid: 'x', name: 'a\x1b[2J\nb\u202e', id: 1, state: 1, reason: 1 }], 0);
  model.setSnapshot('x', 's\x07');
  expect(view(model, 0).rows[0]).toMatchObject({ name: 'a\\x1b[2J\\x0ab\\u{202e}', snapshot: 's\\x07' });
});

test('100,000 events of 1,000 domains leave no trace but the last state, and cost little', () => {
  const model = new StatusModel();
  const domains = Array.from({ length: 1000 }, (_, index) => ({
    uuid: `u${index}`,
    name: `vm-${index}`,
    id: index + 1,
  }));
  model.setAll(
    domains.map((domain) => ({ ...domain, state: 1, reason: 1 })),
    0,
  );
  const storm = (count: number): void => {
    for (let index = 0; index < count; index += 1) {
      const domain = { ...(domains[index % 1000] as (typeof domains)[number]) };
      const paused = Math.floor(index / 1000) % 2 === 0;
      const event = { event: 'lifecycle', domain, type: paused ? SUSPENDED : RESUMED, detail: 0 } as const;
      model.apply(event, index);
      const at = { seconds: BigInt(index), micros: 0, details: null };
      model.applyMonitor({ event: paused ? 'STOP' : 'RESUME', domain, ...at }, index);
    }
  };
  storm(20_000);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  storm(100_000);
  globalThis.gc?.();
  const grown = process.memoryUsage().heapUsed - before;
  // Without a collector that can be called, what is not yet collected is in the number.
  expect(grown).toBeLessThan(globalThis.gc ? 2 * 2 ** 20 : 64 * 2 ** 20);
  expect(model.domains.size).toBe(1000);
  const begun = performance.now();
  for (let index = 0; index < 20; index += 1) view(model, 119_000 + index, 8);
  // Half a millisecond on an idle machine.
  expect((performance.now() - begun) / 20).toBeLessThan(20);
  expect(describeReason(1, 5)).toBe('unpaused');
});
