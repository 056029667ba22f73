import { describe, expect, test } from '@jest/globals';
import {
  VIR_DOMAIN_CONTROL_ERROR,
  VIR_DOMAIN_CONTROL_JOB,
  VIR_ERR_INTERNAL_ERROR,
  VIR_ERR_NO_SUPPORT,
  VIR_ERR_OPERATION_INVALID,
  VIR_FROM_STORAGE,
} from '../../../src/hypervisor/constants.js';
import { HypervisorError } from '../../../src/hypervisor/index.js';
import { runCommand } from './run-command.js';

// What neither the test driver nor a healthy guest ever answers, and so no comparison with virsh shows.

const on = (domain: object) => ({ domainLookupByName: async () => ({ name: 'web', uuid: 'u', ...domain }) });
const refuse =
  (code: number, domain = 0) =>
  async () => {
    throw new HypervisorError('refused', { code, domain });
  };

describe('domcontrol', () => {
  test.each([
    [{ state: VIR_DOMAIN_CONTROL_JOB, details: 0, stateTime: 1500n }, 'background job (1.500s)\n\n'],
    [{ state: VIR_DOMAIN_CONTROL_ERROR, details: 2, stateTime: 0n }, 'error: monitor failure\n\n'],
    [{ state: VIR_DOMAIN_CONTROL_ERROR, details: 0, stateTime: 0n }, 'error\n\n'],
    [{ state: VIR_DOMAIN_CONTROL_ERROR, details: 77, stateTime: 0n }, 'error: unknown\n\n'],
    [{ state: 99, details: 0, stateTime: 20n }, 'unknown (0.020s)\n\n'],
  ])('%o', async (info, want) => {
    const { stdout } = await runCommand('domcontrol web', on({ getControlInfo: async () => info }));
    expect(stdout).toBe(want);
  });
});

test('dominfo tells what it can, and fails if that is not the state', async () => {
  const { outcome, stdout, stderr } = await runCommand('dominfo web', {
    ...on({
      getID: async () => -1,
      getOSType: refuse(VIR_ERR_NO_SUPPORT),
      getInfo: refuse(VIR_ERR_OPERATION_INVALID),
      isPersistent: async () => true,
      getAutostart: async () => true,
      hasManagedSaveImage: async () => true,
      getMessages: async () => ['tainted: custom monitor', 'tainted: high privileges'],
    }),
    nodeGetSecurityModel: refuse(VIR_ERR_NO_SUPPORT),
  });
  expect(outcome).toBe('failed');
  expect(stderr).toBe('error: refused\n');
  expect(stdout).toBe(
    [
      'Id:             -',
      'Name:           web',
      'UUID:           u',
      'Persistent:     yes',
      'Autostart:      enable',
      'Managed save:   yes',
      'Messages:       tainted: custom monitor',
      '                tainted: high privileges',
      '\n',
    ].join('\n'),
  );
});

describe('domblkinfo --all', () => {
  const xml = `<domain><devices><disk><source protocol='rbd' name='p/i'/><target dev='vda'/></disk></devices></domain>`;
  const remote = (active: boolean, domain: number) =>
    on({
      isActive: async () => active,
      getXMLDesc: async () => xml,
      getBlockInfo: refuse(VIR_ERR_INTERNAL_ERROR, domain),
    });

  test('network storage of a guest that does not run has no sizes', async () => {
    const { stdout } = await runCommand('domblkinfo web --all', remote(false, VIR_FROM_STORAGE), {
      quiet: true,
    });
    expect(stdout).toBe(' vda   -   -   -\n');
  });

  test('any other failure is one', async () => {
    expect((await runCommand('domblkinfo web --all', remote(true, VIR_FROM_STORAGE))).outcome).toBe('failed');
    expect((await runCommand('domblkinfo web --all', remote(false, 0))).stderr).toBe('error: refused\n');
  });
});

test('domblkstat prints fields it does not know after those it does', async () => {
  const stats = [
    { field: 'odd', type: 'boolean', value: true },
    { field: 'flush_operations', type: 'llong', value: 3n },
    { field: 'rd_operations', type: 'llong', value: 2n },
    { field: 'share', type: 'double', value: 0.5 },
  ];
  const connection = on({ blockStatsFlags: async () => stats });
  expect((await runCommand('domblkstat web vda', connection, { quiet: true })).stdout).toBe(
    'vda rd_req 2\nvda flush_operations 3\nvda odd yes\nvda share 0.500000\n',
  );
  expect((await runCommand('domblkstat web vda --human', connection, { quiet: true })).stdout).toBe(
    [
      'Device: vda',
      ' number of read operations:      2',
      ' number of flush operations:     3',
      ' odd yes',
      ' share 0.500000\n',
    ].join('\n'),
  );
});

test('domifaddr names an interface once, or always with --full', async () => {
  const interfaces = [
    {
      name: 'eth0',
      hwaddr: '52:54:00:00:00:01',
      addrs: [
        { type: 0, addr: '10.0.0.2', prefix: 24 },
        { type: 1, addr: 'fe80::1', prefix: 64 },
      ],
    },
    { name: 'lo', hwaddr: null, addrs: [] },
  ];
  const connection = on({ interfaceAddresses: async () => interfaces });
  const row = (name: string, mac: string, protocol: string, address: string): string =>
    ` ${name.padEnd(10)} ${mac.padEnd(17)}    ${protocol.padEnd(12)} ${address}\n`;
  const mac = '52:54:00:00:00:01';
  const first = row('eth0', mac, 'ipv4', '10.0.0.2/24');
  const last = row('lo', 'N/A', 'N/A', 'N/A');
  expect((await runCommand('domifaddr web', connection, { quiet: true })).stdout).toBe(
    first + row('-', '-', 'ipv6', 'fe80::1/64') + last,
  );
  expect((await runCommand('domifaddr web --full', connection, { quiet: true })).stdout).toBe(
    first + row('eth0', mac, 'ipv6', 'fe80::1/64') + last,
  );
});

test('domstats passes --enforce on as the unsigned number it is', async () => {
  const asked: number[][] = [];
  const connection = {
    getAllDomainStats: async (...words: number[]) => {
      asked.push(words);
      return [];
    },
  };
  await runCommand('domstats --vm --enforce --nowait', connection);
  expect(asked).toEqual([[1024, 0xa000_0000]]);
});
