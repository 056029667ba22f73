import { expect, test } from '@jest/globals';
import {
  VIR_CONNECT_LIST_DOMAINS_ACTIVE,
  VIR_CONNECT_LIST_DOMAINS_INACTIVE,
  VIR_DOMAIN_PAUSED,
  VIR_DOMAIN_PAUSED_SNAPSHOT,
  VIR_DOMAIN_PAUSED_USER,
  VIR_DOMAIN_RUNNING,
  VIR_DOMAIN_SHUTOFF,
  VIR_ERR_INTERNAL_ERROR,
  VIR_ERR_INVALID_ARG,
  VIR_ERR_NO_DOMAIN,
  VIR_ERR_NO_SUPPORT,
} from '../../../src/hypervisor/constants.js';
import { HypervisorError } from '../../../src/hypervisor/index.js';
import { runCommand } from './run-command.js';

const scope = VIR_CONNECT_LIST_DOMAINS_ACTIVE | VIR_CONNECT_LIST_DOMAINS_INACTIVE;

const domain = (name: string, id: number, state: number, more: object = {}) => ({
  name,
  uuid: `uuid-${name}`,
  getID: async () => id,
  getState: async () => ({ state, reason: 0 }),
  isPersistent: async () => true,
  getAutostart: async () => false,
  hasManagedSaveImage: async () => false,
  snapshotNum: async () => 0,
  listAllCheckpoints: async () => [],
  ...more,
});

const rows = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.trim().replace(/ +/g, ' '));

test('a guest that a snapshot holds is told from one that waits for the user', async () => {
  const paused = (name: string, id: number, reason: number) =>
    domain(name, id, VIR_DOMAIN_PAUSED, { getState: async () => ({ state: VIR_DOMAIN_PAUSED, reason }) });
  const connection = {
    listAllDomains: async () => [
      paused('a', 1, VIR_DOMAIN_PAUSED_SNAPSHOT),
      paused('b', 2, VIR_DOMAIN_PAUSED_USER),
    ],
  };
  const { stdout } = await runCommand('list', connection, { quiet: true });
  expect(rows(stdout)).toEqual(['1 a paused (creating snapshot)', '2 b paused']);
  const json = await runCommand('list', connection, { json: true });
  expect(JSON.parse(json.stdout)).toEqual([
    { id: 1, name: 'a', uuid: 'uuid-a', state: 'paused', reason: 'creating snapshot' },
    { id: 2, name: 'b', uuid: 'uuid-b', state: 'paused', reason: 'user' },
  ]);
});

test('active domains come by id, the others by name without regard to case', async () => {
  const connection = {
    listAllDomains: async () => [
      domain('beta', -1, VIR_DOMAIN_SHUTOFF),
      domain('z', 10, VIR_DOMAIN_RUNNING),
      domain('Gamma', -1, VIR_DOMAIN_SHUTOFF),
      domain('y', 9, VIR_DOMAIN_RUNNING),
      domain('Alpha', -1, VIR_DOMAIN_SHUTOFF),
    ],
  };
  const { stdout } = await runCommand('list --all --name', connection, { quiet: true });
  expect(rows(stdout)).toEqual(['y', 'z', 'Alpha', 'beta', 'Gamma']);
});

/** A driver that knows no filter but active and inactive. */
const unfiltered = (domains: readonly object[]) => ({
  listAllDomains: async (flags: number) => {
    if ((flags & ~scope) !== 0) {
      throw new HypervisorError('unsupported flags', { code: VIR_ERR_INVALID_ARG });
    }
    return domains;
  },
});

test('filters that the driver lacks are applied here', async () => {
  const connection = unfiltered([
    domain('plain', 1, VIR_DOMAIN_RUNNING),
    domain('kept', 2, VIR_DOMAIN_PAUSED, { snapshotNum: async () => 2, getAutostart: async () => true }),
    domain('gone', 3, VIR_DOMAIN_RUNNING, { isPersistent: async () => false }),
    domain('off', -1, VIR_DOMAIN_SHUTOFF, {
      hasManagedSaveImage: async () => true,
      listAllCheckpoints: async () => [{}],
    }),
    domain('stuck', 4, 6),
  ]);
  const names = async (options: string) =>
    rows((await runCommand(`list --all --name ${options}`, connection, { quiet: true })).stdout);
  expect(await names('--with-snapshot')).toEqual(['kept']);
  expect(await names('--without-snapshot')).toEqual(['plain', 'gone', 'stuck', 'off']);
  expect(await names('--with-snapshot --without-snapshot')).toHaveLength(5);
  expect(await names('--transient')).toEqual(['gone']);
  expect(await names('--persistent --state-running')).toEqual(['plain']);
  expect(await names('--state-paused --state-shutoff')).toEqual(['kept', 'off']);
  expect(await names('--state-other')).toEqual(['stuck']);
  expect(await names('--autostart')).toEqual(['kept']);
  expect(await names('--no-autostart --with-managed-save')).toEqual(['off']);
  expect(await names('--without-managed-save --state-running')).toEqual(['plain', 'gone']);
  expect(await names('--with-checkpoint')).toEqual(['off']);
  expect(await names('--without-checkpoint --state-paused')).toEqual(['kept']);
});

test('a filter that fails, and a list that fails', async () => {
  const failing = async () => {
    throw new HypervisorError('no such thing', { code: VIR_ERR_NO_SUPPORT });
  };
  const filter = await runCommand(
    'list --with-snapshot',
    unfiltered([domain('a', 1, VIR_DOMAIN_RUNNING, { snapshotNum: failing })]),
  );
  expect(filter.stderr).toBe('error: Failed to get snapshot count\nerror: no such thing\n');
  const list = await runCommand('list', {
    listAllDomains: async () => {
      throw new HypervisorError('broken', { code: VIR_ERR_INTERNAL_ERROR });
    },
  });
  expect([list.outcome, list.stderr]).toEqual(['failed', 'error: Failed to list domains\nerror: broken\n']);
});

test('a domain that went away meanwhile is left out', async () => {
  const connection = {
    listAllDomains: async () => [
      domain('a', 1, VIR_DOMAIN_RUNNING, {
        getState: async () => {
          throw new HypervisorError('Domain not found', { code: VIR_ERR_NO_DOMAIN });
        },
      }),
      domain('b', 2, VIR_DOMAIN_RUNNING),
    ],
  };
  const { outcome, stdout } = await runCommand('list', connection, { quiet: true });
  expect([outcome, rows(stdout)]).toEqual(['done', ['2 b running']]);
});

test('titles come from the configuration where there are no metadata functions', async () => {
  const connection = {
    listAllDomains: async () => [
      domain('a', 1, VIR_DOMAIN_RUNNING, {
        getMetadata: async () => {
          throw new HypervisorError('not supported', { code: VIR_ERR_NO_SUPPORT });
        },
        getXMLDesc: async () => '<domain><name>a</name><title>Web &lt;1&gt;</title></domain>',
      }),
    ],
  };
  const { stdout } = await runCommand('list --title', connection, { quiet: true });
  expect(rows(stdout)).toEqual(['1 a running Web <1>']);
});
