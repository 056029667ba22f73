import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { open } from '../../../src/drivers/libvirt/open.js';
import {
  VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT as CURRENT,
  VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY as DISK_ONLY,
  VIR_DOMAIN_SNAPSHOT_CREATE_HALT as HALT,
  VIR_DOMAIN_SNAPSHOT_CREATE_LIVE as LIVE,
  VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA as NO_METADATA,
  VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE as QUIESCE,
  VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE as REDEFINE,
} from '../../../src/hypervisor/constants.js';
import type { Connection } from '../../../src/hypervisor/index.js';
import { HypervisorError } from '../../../src/hypervisor/index.js';
import { checkCreate, createRules } from '../../../src/snapshot/flag-rules.js';

const facts = { active: true, persistent: true, externalMemory: false, memoryLeftOut: false };

/** What breaks as code and message; undefined if nothing does. */
const broken = (flags: number, more: Partial<typeof facts> = {}): string | undefined => {
  try {
    checkCreate(flags, { ...facts, ...more });
    return undefined;
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    return `${error.code} ${error.message}`;
  }
};

describe('the rules of creating flags', () => {
  test.each([0, DISK_ONLY | QUIESCE, HALT, NO_METADATA, REDEFINE | CURRENT, REDEFINE | DISK_ONLY])(
    'flags %d go together',
    (flags) => {
      expect(broken(flags)).toBeUndefined();
    },
  );

  test('--live needs a running guest and external memory', () => {
    expect(broken(LIVE)).toMatch(/only during full system snapshots/);
    expect(broken(LIVE | DISK_ONLY)).toMatch(/only during full system snapshots/);
    expect(broken(LIVE, { externalMemory: true })).toBeUndefined();
    expect(broken(LIVE, { externalMemory: true, active: false })).toMatch(
      /only during full system snapshots/,
    );
  });

  test('a transient domain cannot be halted, and memory cannot be left out of an internal snapshot', () => {
    expect(broken(HALT, { persistent: false })).toMatch(/transient/);
    expect(broken(0, { memoryLeftOut: true })).toMatch(/must include the memory state/);
    expect(broken(DISK_ONLY, { memoryLeftOut: true })).toBeUndefined();
    expect(broken(0, { memoryLeftOut: true, active: false })).toBeUndefined();
  });

  test('every rule can be broken', () => {
    const told = [
      broken(CURRENT),
      broken(REDEFINE | NO_METADATA),
      broken(REDEFINE | HALT),
      broken(QUIESCE),
      broken(LIVE | REDEFINE),
      broken(HALT, { persistent: false }),
      broken(LIVE),
      broken(0, { memoryLeftOut: true }),
    ];
    expect(told).toEqual(createRules.map(({ code, message }) => `${code} ${message}`));
  });
});

describe('libvirt itself', () => {
  let connection: Connection;

  beforeAll(async () => {
    connection = await open('test:///default');
  });

  afterAll(() => connection?.close());

  test.each([
    ['CURRENT', CURRENT],
    ['REDEFINE | NO_METADATA', REDEFINE | NO_METADATA],
    ['REDEFINE | HALT', REDEFINE | HALT],
    ['all of these', CURRENT | REDEFINE | NO_METADATA | HALT],
  ])('says the same of %s', async (_name, flags) => {
    const domain = await connection.domainLookupByName('test');
    const error = await domain.snapshotCreateXML('<domainsnapshot/>', flags).then(
      () => undefined,
      (reason: HypervisorError) => `${reason.code} ${reason.message}`,
    );
    expect(error).toBe(broken(flags));
  });
});
