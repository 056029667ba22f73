import { describe, expect, test } from '@jest/globals';
import { registry } from '../../../commands/index.js';
import {
  VIR_DOMAIN_SNAPSHOT_LIST_METADATA,
  VIR_DOMAIN_UNDEFINE_MANAGED_SAVE,
  VIR_DOMAIN_UNDEFINE_NVRAM,
  VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA,
  VIR_ERR_INTERNAL_ERROR,
  VIR_ERR_INVALID_ARG,
  VIR_ERR_NO_SUPPORT,
} from '../../../src/hypervisor/constants.js';
import { HypervisorError } from '../../../src/hypervisor/index.js';
import { shapeErrors } from '../../../src/shell/index.js';
import { runCommand } from '../monitor/run-command.js';

// What hypervisors older than libvirt 9 answer, and what libvirt's test driver never does.

const fails = (code: number) => async (): Promise<never> => {
  throw new HypervisorError('refused', { code });
};

/** A connection with one domain, and what was called on it in order. */
function hypervisor(domain: Record<string, (...args: never[]) => Promise<unknown>>) {
  const calls: string[] = [];
  const counted = Object.fromEntries(
    Object.entries(domain).map(([name, method]) => [
      name,
      (...args: never[]) => {
        calls.push([name, ...args].join(' '));
        return method(...args);
      },
    ]),
  );
  return { calls, domainLookupByName: async () => ({ name: 'web', uuid: 'u', ...counted }) };
}

describe('undefine', () => {
  const off = {
    isActive: async () => false,
    hasManagedSaveImage: async () => true,
    snapshotNum: async () => 0,
  };

  test('does not strand a managed save that it was told nothing about', async () => {
    const connection = hypervisor({ ...off, undefineFlags: async () => {}, undefine: async () => {} });
    const { outcome, stderr } = await runCommand('undefine web', connection);
    expect(outcome).toBe('failed');
    expect(stderr).toBe('error: Refusing to undefine while domain managed save image exists\n');
    expect(connection.calls.join()).not.toContain('undefine');
  });

  test('hands a managed save over to a hypervisor that knows the flag', async () => {
    const connection = hypervisor({ ...off, undefineFlags: async () => {} });
    const { stdout } = await runCommand('undefine web --managed-save --snapshots-metadata', connection);
    expect(stdout).toBe("Domain 'web' has been undefined\n\n");
    // Nothing is said about snapshots, of which there are none.
    expect(connection.calls.at(-1)).toBe(`undefineFlags ${VIR_DOMAIN_UNDEFINE_MANAGED_SAVE}`);
  });

  test('removes a managed save itself where the flag is unknown', async () => {
    const connection = hypervisor({
      ...off,
      undefineFlags: fails(VIR_ERR_INVALID_ARG),
      managedSaveRemove: async () => {},
      undefine: async () => {},
    });
    const { outcome } = await runCommand('undefine web --managed-save', connection);
    expect(outcome).toBe('done');
    expect(connection.calls.slice(-3)).toEqual([
      `undefineFlags ${VIR_DOMAIN_UNDEFINE_MANAGED_SAVE}`,
      'managedSaveRemove',
      'undefine',
    ]);
  });

  test('refuses to lose records of snapshots that an old hypervisor can not drop', async () => {
    const snapshots = {
      isActive: async () => false,
      hasManagedSaveImage: fails(VIR_ERR_NO_SUPPORT),
      snapshotNum: async (flags = 0) =>
        flags === VIR_DOMAIN_SNAPSHOT_LIST_METADATA ? fails(VIR_ERR_INVALID_ARG)() : 3,
      undefineFlags: fails(VIR_ERR_INVALID_ARG),
    };
    const plain = hypervisor(snapshots);
    expect((await runCommand('undefine web', plain)).stderr).toBe(
      'error: Refusing to undefine while 3 snapshots exist\n',
    );
    expect(plain.calls.join()).not.toContain('undefine');
    const told = hypervisor(snapshots);
    expect((await runCommand('undefine web --snapshots-metadata', told)).stderr).toBe(
      'error: Unable to remove metadata of 3 snapshots\n',
    );
    expect(told.calls.at(-1)).toBe(`undefineFlags ${VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA}`);
  });

  test('does not fall back where NVRAM is to go: there is no other way to ask', async () => {
    const connection = hypervisor({ ...off, undefineFlags: fails(VIR_ERR_NO_SUPPORT) });
    const { stderr } = await runCommand('undefine web --nvram', connection);
    expect(stderr).toBe("error: Failed to undefine domain 'web'\nerror: refused\n");
    expect(connection.calls.at(-1)).toBe(`undefineFlags ${VIR_DOMAIN_UNDEFINE_NVRAM}`);
  });
});

describe('start --force-boot', () => {
  const off = { getID: async () => -1 };

  test('removes the managed save first where the flag is unknown', async () => {
    const connection = hypervisor({
      ...off,
      createWithFlags: fails(VIR_ERR_INVALID_ARG),
      hasManagedSaveImage: async () => true,
      managedSaveRemove: async () => {},
      create: async () => {},
    });
    const { stdout } = await runCommand('start web --force-boot', connection);
    expect(stdout).toBe("Domain 'web' started\n\n");
    expect(connection.calls.slice(-3)).toEqual(['hasManagedSaveImage', 'managedSaveRemove', 'create']);
  });

  test('starts nothing after another failure', async () => {
    const connection = hypervisor({ ...off, createWithFlags: fails(VIR_ERR_INTERNAL_ERROR) });
    const { stderr, outcome } = await runCommand('start web --force-boot', connection);
    expect({ stderr, outcome }).toEqual({ stderr: 'error: refused\n', outcome: 'failed' });
    expect(connection.calls).toHaveLength(2);
  });
});

test('domjobinfo asks the older function where there are no statistics', async () => {
  const none = Object.fromEntries(
    ['timeRemaining', 'dataTotal', 'dataProcessed', 'dataRemaining', 'memProcessed', 'memRemaining']
      .concat('fileTotal', 'fileProcessed', 'fileRemaining')
      .map((name) => [name, 0n]),
  );
  const connection = hypervisor({
    getJobStats: fails(VIR_ERR_NO_SUPPORT),
    getJobInfo: async () => ({ type: 2, timeElapsed: 5n, memTotal: 2048n, ...none }),
  });
  const { stdout } = await runCommand('domjobinfo web', connection);
  expect(stdout).toContain('Job type:         Unbounded   \nOperation:        Unknown     \n');
  expect(stdout).toContain('Memory total:     2.000 KiB\n');
});

test('domfsinfo of a guest without file systems says so, or nothing', async () => {
  const connection = hypervisor({ getFSInfo: async () => [] });
  expect((await runCommand('domfsinfo web', connection)).stdout).toBe(
    'No filesystems are mounted in the domain\n',
  );
  expect((await runCommand('domfsinfo web', connection, { quiet: true })).stdout).toBe('');
});

describe('--json', () => {
  const connection = hypervisor({
    getID: async () => -1,
    getHostname: async () => 'inside',
    fsFreeze: async () => 2,
    fsThaw: async () => 2,
    getFSInfo: async () => [{ mountpoint: '/', name: 'vda1', fstype: 'ext4', devAlias: ['vda'] }],
    getMetadata: async () => 'words',
    setMetadata: async () => {},
    getJobStats: async () => ({
      type: 3,
      params: [
        { field: 'operation', type: 'int', value: 8 },
        { field: 'time_elapsed', type: 'ullong', value: 7n },
        { field: 'success', type: 'boolean', value: true },
      ],
    }),
  });

  test.each([
    ['domid web', { id: null }],
    ['domuuid web', { uuid: 'u' }],
    ['domname 00000000-0000-0000-0000-000000000000', { name: 'web' }],
    ['domhostname web', { hostname: 'inside' }],
    ['domfsfreeze web', { filesystems: 2 }],
    ['domfsthaw web', { filesystems: 2 }],
    ['domfsinfo web', [{ mountpoint: '/', name: 'vda1', type: 'ext4', targets: ['vda'] }]],
    ['desc web', { description: 'words' }],
    ['desc web --title new', { title: 'new' }],
    [
      'domjobinfo web --completed',
      {
        type: 'completed',
        operation: 'dump',
        statistics: { operation: 8, timeElapsed: 7, success: true },
      },
    ],
  ])('%s', async (line, want) => {
    const found = { ...connection, domainLookupByUUIDString: connection.domainLookupByName };
    const { stdout } = await runCommand(line, found, { json: true });
    const got: unknown = JSON.parse(stdout);
    expect(got).toEqual(want);
    const command = await registry.lookup(line.split(' ')[0] as string);
    expect(command?.json && shapeErrors(got, command.json)).toEqual([]);
  });
});
