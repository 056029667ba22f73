import { CommandFailure, type QmpClient } from '../qmp/index.js';

/** What a device is connected to on the host's side: something of QEMU's that is made before it and removed after it. */
export interface Backend {
  readonly kind: 'netdev' | 'object' | 'chardev';
  readonly id: string;
}

/** One that is still to be made. */
export interface PlannedBackend extends Backend {
  /** Besides its id. */
  readonly options: Readonly<Record<string, unknown>>;
}

export async function addBackend(qmp: QmpClient, { kind, id, options }: PlannedBackend): Promise<void> {
  // Each command's own members are for QEMU to check.
  const make = { netdev: 'netdev_add', object: 'object-add', chardev: 'chardev-add' } as const;
  await qmp.execute(make[kind], { ...options, id } as never);
}

/** It need not be there. @throws CommandFailure it is in use. */
export async function removeBackend(qmp: QmpClient, { kind, id }: Backend): Promise<void> {
  if (!(await isThere(qmp, { kind, id }))) return;
  const drop = { netdev: 'netdev_del', object: 'object-del', chardev: 'chardev-remove' } as const;
  await qmp.execute(drop[kind], { id });
}

/** Tries all of them, last first: what is left is found in the way by nobody but who wants its name. */
export async function removeBackends(qmp: QmpClient, backends: readonly Backend[]): Promise<void> {
  for (const backend of [...backends].reverse()) {
    await removeBackend(qmp, backend).catch((error: unknown) => {
      if (!(error instanceof CommandFailure)) throw error;
    });
  }
}

/** Of each kind there is a list; of network ends only the human monitor has one. */
async function isThere(qmp: QmpClient, { kind, id }: Backend): Promise<boolean> {
  switch (kind) {
    case 'object':
      return (await qmp.execute('qom-list', { path: '/objects' })).some(({ name }) => name === id);
    case 'chardev':
      return (await qmp.execute('query-chardev')).some(({ label }) => label === id);
    case 'netdev': {
      const text = await qmp.execute('human-monitor-command', { 'command-line': 'info network' });
      return text.split(/\r?\n/).some((line) => line.replace(/^ \\ /, '').startsWith(`${id}: `));
    }
  }
}
