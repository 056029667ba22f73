import { describe, expect, test } from '@jest/globals';
import { parseSnapshotXml } from '../../../src/snapshot/snapshot-description.js';
import { buildSnapshotXml, isDiskOnly } from '../../../src/snapshot/snapshot-xml.js';

describe('domainsnapshot XML', () => {
  test('what is built is read back', () => {
    const xml = buildSnapshotXml({
      name: `<a> & "b" 'c'`,
      description: 'one\ntwo',
      memory: { snapshot: 'external', file: '/m,<1>' },
      disks: [
        { name: 'vda', snapshot: 'external', driver: 'qcow2', file: '/d & e' },
        { name: '/dev/x', type: 'block', file: '/dev/y' },
        { name: 'vdc', snapshot: 'no' },
      ],
    });
    expect(parseSnapshotXml(xml)).toEqual({
      name: `<a> & "b" 'c'`,
      description: 'one\ntwo',
      state: undefined,
      creationTime: undefined,
      parent: undefined,
      memory: { snapshot: 'external', file: '/m,<1>' },
      disks: [
        { name: 'vda', snapshot: 'external', driver: 'qcow2', file: '/d & e', type: 'file' },
        { name: '/dev/x', snapshot: undefined, file: '/dev/y', type: 'block' },
        { name: 'vdc', snapshot: 'no', file: undefined, type: 'file' },
      ],
      location: 'external',
    });
  });

  test('control characters, which XML cannot hold, are left out', () => {
    expect(parseSnapshotXml(buildSnapshotXml({ name: 'a\x01\x1bb\tc' })).name).toBe('ab\tc');
  });

  test('the names in the domain part are not taken for the snapshot’s', () => {
    const { name, memory, state, creationTime, parent, location } = parseSnapshotXml(`<domainsnapshot>
      <domain><name>domain</name><memory>5</memory></domain>
      <parent><name>p</name></parent><state>running</state><creationTime>1700000000</creationTime>
      <memory snapshot='internal'/><name>s</name></domainsnapshot>`);
    expect({ name, memory, state, creationTime, parent, location }).toEqual({
      name: 's',
      memory: { snapshot: 'internal', file: undefined },
      state: 'running',
      creationTime: 1_700_000_000n,
      parent: 'p',
      location: 'internal',
    });
  });

  test.each([
    ["<memory snapshot='no'/><disks><disk name='a' snapshot='external'/></disks>", 'external'],
    ["<memory snapshot='external'/>", 'external'],
    ["<memory snapshot='internal'/><disks><disk name='a' snapshot='internal'/></disks>", 'internal'],
    // Written by libvirt before 1.0.1, which had no memory element.
    ['<state>disk-snapshot</state>', 'external'],
    ['<state>running</state>', 'internal'],
  ])('where %s is kept', (body, location) => {
    expect(parseSnapshotXml(`<domainsnapshot>${body}</domainsnapshot>`).location).toBe(location);
  });

  test('something else is refused', () => {
    expect(() => parseSnapshotXml('<domain/>')).toThrow(
      "expecting root element of 'domainsnapshot', not 'domain'",
    );
    expect(() => parseSnapshotXml('<domainsnapshot>')).toThrow();
  });

  test('disk-only snapshots are known by their state', () => {
    expect(isDiskOnly('<state>disk-snapshot</state>')).toBe(true);
    expect(isDiskOnly('<state>running</state>')).toBe(false);
  });
});
