import { describe, expect, test } from '@jest/globals';
import { VIR_ERR_INTERNAL_ERROR, VIR_ERR_INVALID_ARG } from '../../../src/hypervisor/constants.js';
import { HypervisorError } from '../../../src/hypervisor/index.js';
import { runCommand } from '../monitor/run-command.js';

// What depends on the host's hardware or on the moment, and so is compared with no virsh.

describe('nodecpustats --percent', () => {
  const reading = (user: bigint, kernel: bigint, idle: bigint) => [
    { field: 'kernel', value: kernel },
    { field: 'user', value: user },
    { field: 'idle', value: idle },
  ];

  test('shares of the time between two readings', async () => {
    const readings = [reading(100n, 100n, 100n), reading(350n, 225n, 725n)];
    const connection = { nodeGetCPUStats: async () => readings.shift() };
    const started = performance.now();
    const { stdout } = await runCommand('nodecpustats --percent', connection, { quiet: true });
    expect(performance.now() - started).toBeGreaterThan(990);
    // 37.5, 25, 12.5 and 62.5 exactly.
    expect(stdout).toBe(
      [
        'usage:           37.5%',
        'user:            25.0%',
        'system:          12.5%',
        'idle:            62.5%\n',
      ].join('\n'),
    );
  });

  test('an interrupt ends the wait', async () => {
    const interrupt = new AbortController();
    setTimeout(() => interrupt.abort(), 50);
    const started = performance.now();
    const { outcome } = await runCommand(
      'nodecpustats --percent',
      { nodeGetCPUStats: async () => reading(1n, 1n, 1n) },
      { signal: interrupt.signal },
    );
    expect(outcome).toBe('interrupted');
    expect(performance.now() - started).toBeLessThan(900);
  });

  test('a hypervisor that counts utilization itself', async () => {
    const connection = { nodeGetCPUStats: async () => [{ field: 'utilization', value: 7n }] };
    const { stdout } = await runCommand('nodecpustats --percent', connection, { quiet: true });
    expect(stdout).toBe('usage:              7%\nidle:              93%\n');
  });

  test('which of the two calls that virsh makes fails', async () => {
    const failing = (code: number) => ({
      nodeGetCPUStats: async () => {
        throw new HypervisorError('refused', { code });
      },
    });
    expect((await runCommand('nodecpustats 99', failing(VIR_ERR_INVALID_ARG))).stderr).toBe(
      'error: Unable to get node cpu stats\nerror: refused\n',
    );
    expect((await runCommand('nodecpustats', failing(VIR_ERR_INTERNAL_ERROR))).stderr).toBe(
      'error: Unable to get number of cpu stats\nerror: refused\n',
    );
  });
});

test('nodesevinfo', async () => {
  const connection = {
    nodeGetSEVInfo: async () => [
      { field: 'cert-chain', type: 'string', value: 'AAAA' },
      { field: 'cbitpos', type: 'uint', value: 47 },
      { field: 'reduced-phys-bits', type: 'uint', value: 1 },
    ],
  };
  expect((await runCommand('nodesevinfo', connection, { quiet: true })).stdout).toBe(
    'cert-chain        : AAAA\ncbitpos           : 47\nreduced-phys-bits : 1\n',
  );
  expect(JSON.parse((await runCommand('nodesevinfo', connection, { json: true })).stdout)).toEqual({
    certChain: 'AAAA',
    cbitpos: 47,
    reducedPhysBits: 1,
  });
});

test('allocpages --all asks for each cell', async () => {
  const asked: unknown[][] = [];
  const connection = {
    getCapabilities: async () =>
      `<capabilities><host><topology><cells num='2'><cell id='0'/><cell id='3'/></cells></topology></host></capabilities>`,
    nodeAllocPages: async (...words: unknown[]) => {
      asked.push(words);
      return 1;
    },
  };
  expect((await runCommand('allocpages 2M 7 --all --add', connection)).outcome).toBe('done');
  expect(asked).toEqual([
    [[2048], [7n], 0, 1, 1],
    [[2048], [7n], 3, 1, 1],
  ]);
});

test('freepages takes the sizes from the cells where the host lists none', async () => {
  const connection = {
    getCapabilities: async () =>
      `<capabilities><host><cpu/><topology><cells>
        <cell id='0'><pages unit='KiB' size='2048'>0</pages><pages unit='KiB' size='4'>9</pages></cell>
        <cell id='1'><pages unit='KiB' size='4'>9</pages></cell>
      </cells></topology></host></capabilities>`,
    nodeGetFreePages: async (sizes: number[], cell: number) => sizes.map((size) => BigInt(size + cell)),
  };
  expect((await runCommand('freepages --all', connection, { quiet: true })).stdout).toBe(
    'Node 0:\n4KiB: 4\n2048KiB: 2048\n\nNode 1:\n4KiB: 5\n2048KiB: 2049\n\n',
  );
});

test('version: a hypervisor that does not tell its version, a daemon that does not either', async () => {
  const connection = {
    getType: async () => 'Odd',
    libraryVersion: async () => ({ library: 9_000_000, type: 8_007_003 }),
    getVersion: async () => 0,
    getLibVersion: async () => {
      throw new HypervisorError('refused', { code: VIR_ERR_INTERNAL_ERROR });
    },
  };
  const { outcome, stdout, stderr } = await runCommand('version --daemon', connection, { quiet: true });
  expect(outcome).toBe('done');
  expect(stdout.split('\n').slice(1)).toEqual([
    'Using library: libvirt 9.0.0',
    'Using API: Odd 8.7.3',
    'Cannot extract running Odd hypervisor version',
    '',
  ]);
  expect(stderr).toBe('error: failed to get the daemon version\n');
});

test('maxvcpus believes domain capabilities first', async () => {
  const connection = {
    getDomainCapabilities: async () => `<domainCapabilities><vcpu max='288'/></domainCapabilities>`,
    getMaxVcpus: async () => 16,
  };
  expect((await runCommand('maxvcpus', connection, { quiet: true })).stdout).toBe('288\n');
  expect(
    (
      await runCommand(
        'maxvcpus',
        { ...connection, getDomainCapabilities: async () => '<domainCapabilities/>' },
        { quiet: true },
      )
    ).stdout,
  ).toBe('16\n');
});
