import { afterEach, expect, test } from '@jest/globals';
import {
  VIR_DOMAIN_EVENT_RESUMED,
  VIR_DOMAIN_EVENT_SUSPENDED,
  VIR_ERR_NO_DOMAIN,
} from '../../../src/hypervisor/constants.js';
import {
  type Connection,
  type ConnectionEvent,
  type DomainEvent,
  HypervisorError,
  UnsupportedError,
} from '../../../src/hypervisor/index.js';
import { Session } from '../../../src/shell/index.js';
import { openStatusStore, type StatusStore } from '../../../src/ui/status/status-store.js';
import { record } from '../shell/recorder.js';

/** A hypervisor with domains that events and states can be given to, and that counts what it is asked. */
class FakeHypervisor {
  readonly states = new Map<string, [state: number, reason: number]>();
  readonly asked = { lists: 0, states: 0, jobs: 0, secondaries: 0 };
  down = false;
  /** VIR_DOMAIN_JOB_NONE; 2 for an unbounded one. */
  jobType = 0;
  #events = new Set<(event: DomainEvent) => void>();
  #ways = new Set<(event: ConnectionEvent) => void>();

  constructor(names: readonly string[]) {
    for (const name of names) this.states.set(name, [1, 1]);
  }

  tell(event: DomainEvent): void {
    for (const listener of this.#events) listener(event);
  }

  way(event: ConnectionEvent): void {
    for (const listener of this.#ways) listener(event);
  }

  connection(): Connection {
    const domain = (name: string) => ({
      name,
      uuid: name,
      getState: async () => {
        this.asked.states += 1;
        const [state, reason] = this.states.get(name) ?? [5, 1];
        return { state, reason };
      },
      getJobStats: async () => {
        this.asked.jobs += 1;
        return { type: this.jobType, params: [] };
      },
      getBlockJobInfo: async () => null,
      hasCurrentSnapshot: async () => true,
      snapshotCurrent: async () => ({ name: `snapshot of ${name}` }),
    });
    const subscribe = <T>(set: Set<T>, listener: T) => {
      set.add(listener);
      return { close: async () => void set.delete(listener) };
    };
    return {
      ownEngine: false,
      secondary: async () => {
        this.asked.secondaries += 1;
        if (this.down) throw new HypervisorError('Connection refused', { code: 38 });
        return this.connection();
      },
      release: async () => undefined,
      close: async () => undefined,
      getAllDomainStats: async () => {
        throw new UnsupportedError('virConnectGetAllDomainStats');
      },
      listAllDomains: async () => {
        this.asked.lists += 1;
        return [...this.states.keys()].map(domain);
      },
      domainLookupByUUIDString: async (name: string) => {
        if (!this.states.has(name)) throw new HypervisorError('no domain', { code: VIR_ERR_NO_DOMAIN });
        return domain(name);
      },
      watchConnection: async (listener: (event: ConnectionEvent) => void) => subscribe(this.#ways, listener),
      watchDomainEvents: async (names: string[], listener: (event: DomainEvent) => void) =>
        names.includes('lifecycle') ? subscribe(this.#events, listener) : { close: async () => undefined },
      watchMonitorEvents: async () => {
        throw new UnsupportedError('virConnectDomainQemuMonitorEventRegister');
      },
    } as unknown as Connection;
  }
}

let store: StatusStore | undefined;
let pictures = 0;

afterEach(async () => {
  await store?.close();
  store = undefined;
});

function openOn(hypervisor: FakeHypervisor): Session {
  const session = new Session(async () => hypervisor.connection(), record().output, 'fake:', false);
  store = openStatusStore({ session });
  pictures = 0;
  store.subscribe(() => {
    pictures += 1;
  });
  return session;
}

/** Waits until what is shown is as wanted. */
async function until(wanted: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!wanted()) {
    if (Date.now() > deadline) throw new Error(JSON.stringify(store?.getSnapshot()));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const rowOf = (name: string) => store?.getSnapshot().rows.find((row) => row.name === name);

const lifecycle = (name: string, type: number): DomainEvent => ({
  event: 'lifecycle',
  domain: { name, uuid: name, id: 1 },
  type,
  detail: 0,
});

test('an event is shown, what it leaves open is asked, and the current snapshots of those on show', async () => {
  const hypervisor = new FakeHypervisor(['a', 'b']);
  openOn(hypervisor);
  await until(() => rowOf('a')?.snapshot === 'snapshot of a');
  hypervisor.states.set('a', [3, 9]);
  hypervisor.tell(lifecycle('a', VIR_DOMAIN_EVENT_SUSPENDED));
  await until(() => rowOf('a')?.state === 'paused (creating snapshot)');
  // libvirt would have a question about the job wait until that is over; once memory is on its way it answers.
  expect(hypervisor.asked.jobs).toBe(0);
  hypervisor.jobType = 2;
  hypervisor.tell({ event: 'migration-iteration', domain: { name: 'a', uuid: 'a', id: 1 }, iteration: 1 });
  await until(() => hypervisor.asked.jobs > 2 && rowOf('a')?.jobs.length === 1);
  hypervisor.jobType = 0;
  await until(() => rowOf('a')?.jobs.length === 0);
  hypervisor.states.set('a', [1, 5]);
  hypervisor.tell(lifecycle('a', VIR_DOMAIN_EVENT_RESUMED));
  await until(() => rowOf('a')?.lastPauseMs !== undefined);
  expect(rowOf('b')?.state).toBe('running (booted)');
});

test('a storm of events is few pictures and few questions', async () => {
  const names = Array.from({ length: 1000 }, (_, index) => `vm-${index}`);
  const hypervisor = new FakeHypervisor(names);
  openOn(hypervisor);
  await until(() => store?.getSnapshot().total === 1000);
  pictures = 0;
  const { lists } = hypervisor.asked;
  const begun = performance.now();
  for (let round = 0; round < 10; round += 1) {
    for (let index = 0; index < 100; index += 1) {
      const type = index % 2 === 0 ? VIR_DOMAIN_EVENT_SUSPENDED : VIR_DOMAIN_EVENT_RESUMED;
      hypervisor.tell(lifecycle(names[(round * 37 + index) % 1000] ?? '', type));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const seconds = (performance.now() - begun) / 1000;
  expect(pictures / seconds).toBeLessThan(14);
  // Some 15 a second, and two more at the edges of so short a time.
  expect(hypervisor.asked.lists - lists).toBeLessThan(2 + 18 * seconds);
  expect(pictures).toBeGreaterThan(1);
});

test('a lost connection is said and mended, and what happened meanwhile is seen', async () => {
  const hypervisor = new FakeHypervisor(['a']);
  openOn(hypervisor);
  await until(() => store?.getSnapshot().connection.state === 'connected');
  hypervisor.way({ event: 'closed', reason: 1 });
  hypervisor.way({ event: 'reopen-failed', message: 'Connection \x1b[2Jrefused' });
  await until(() => store?.getSnapshot().connection.state === 'reconnecting');
  expect(store?.getSnapshot().connection.message).toBe('Connection \\x1b[2Jrefused');
  hypervisor.states.delete('a');
  hypervisor.states.set('c', [1, 1]);
  hypervisor.way({ event: 'reopened' });
  await until(() => rowOf('c') !== undefined && rowOf('a') === undefined);
  expect(store?.getSnapshot().connection.state).toBe('connected');
});

test('where listening fails it is tried again, with a growing wait', async () => {
  const hypervisor = new FakeHypervisor(['a']);
  hypervisor.down = true;
  openOn(hypervisor);
  await until(() => hypervisor.asked.secondaries >= 3);
  expect(store?.getSnapshot().connection).toMatchObject({
    state: 'reconnecting',
    message: 'Connection refused',
  });
  hypervisor.down = false;
  await until(() => rowOf('a') !== undefined);
});

test('commands of the shell mark their domain; what they froze stays marked until it is thawed', async () => {
  const hypervisor = new FakeHypervisor(['a']);
  const session = openOn(hypervisor);
  await until(() => rowOf('a') !== undefined);
  session.announce({ event: 'command-began', command: 'save', domain: 'a', long: true });
  await until(() => rowOf('a')?.command === 'save');
  session.announce({ event: 'command-ended', command: 'save', domain: 'a', succeeded: false });
  await until(() => rowOf('a')?.command === undefined);
  session.announce({ event: 'command-ended', command: 'domfsfreeze', domain: 'a', succeeded: true });
  await until(() => rowOf('a')?.frozen === true);
  session.announce({ event: 'command-ended', command: 'domfsthaw', domain: 'a', succeeded: true });
  await until(() => rowOf('a')?.frozen === false);
});

test('folded, nothing is asked or listened to', async () => {
  const hypervisor = new FakeHypervisor(['a']);
  openOn(hypervisor);
  await until(() => rowOf('a') !== undefined);
  store?.setMode('off');
  const before = { ...hypervisor.asked };
  hypervisor.tell(lifecycle('a', VIR_DOMAIN_EVENT_SUSPENDED));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(hypervisor.asked).toEqual(before);
  store?.setMode('on');
  await until(() => rowOf('a') !== undefined);
});
