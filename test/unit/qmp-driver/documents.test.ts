import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { plainPath } from '../../../src/snapshot/guest-disks.js';
import { SnapshotStore } from '../../../src/snapshot/snapshot-store.js';
import { forgetSnapshot, withParent } from '../../../src/snapshot/stored-parent.js';
import { validateSnapshotXml } from '../../../src/snapshot/validate-xml.js';

const document = (name: string, parent?: string): string =>
  `<domainsnapshot><name>${name}</name>${parent ? `<parent><name>${parent}</name></parent>` : ''}<state>running</state><creationTime>1</creationTime></domainsnapshot>`;

describe('the store of snapshots', () => {
  let folder: string;
  let store: SnapshotStore;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snapctl-store-'));
    store = new SnapshotStore(folder);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('a snapshot that is forgotten leaves its children and its place to its parent', async () => {
    await store.put('a', document('a'));
    await store.put('b', document('b', 'a'));
    await store.put('c', document('c', 'b'));
    await store.setCurrent('b');
    await forgetSnapshot(store, 'b');
    expect(await store.current()).toBe('a');
    expect((await store.list()).map(({ name, description }) => [name, description.parent])).toEqual([
      ['a', undefined],
      ['c', 'a'],
    ]);
    await forgetSnapshot(store, 'a');
    expect((await store.find('c'))?.description.parent).toBeUndefined();
    expect(await store.current()).toBeUndefined();
  });

  test('whatever its name is, a snapshot stays in the folder', async () => {
    const names = [
      '..',
      '../../x',
      '/etc/passwd',
      '.',
      'a\nb',
      'ü',
      '%2e',
      'CON',
      'x'.repeat(300),
      '日'.repeat(120),
    ];
    for (const name of names) await store.put(name, document(name));
    expect((await store.list()).map(({ name }) => name).sort()).toEqual([...names].sort());
    for (const name of names) await store.remove(name);
    expect(await store.list()).toEqual([]);
  });
});

test('another parent changes nothing else in a document, whatever its layout', () => {
  const xml = `<domainsnapshot>\n\t<name>x</name>\n\t<parent>\n\t\t<name>p</name></parent>\n\t<creationTime>1</creationTime><domain type='qemu'><name>d</name><parent>mine</parent></domain></domainsnapshot>`;
  const bare = withParent(xml, undefined);
  expect(bare.replace(/"/g, "'")).toBe(xml.replace('\n\t<parent>\n\t\t<name>p</name></parent>', ''));
  expect(withParent(bare, 'a & b')).toContain('<name>a &amp; b</name>');
  expect(withParent(bare, 'q').match(/<parent>/g)).toHaveLength(2);
});

test.each([
  ['/a/b:c', '/a/b:c'],
  ['disk.img', '/cwd/disk.img'],
  ['./a:b', '/cwd/a:b'],
  ['nbd://host/x', 'nbd://host/x'],
  ['json:{"driver":"qcow2","file":{"driver":"file","filename":"disk.img"}}', '/cwd/disk.img'],
  ['json:{"driver":"file","filename":"/x"}', '/x'],
  ['json:{"driver":"qcow2","file.filename":"/y"}', '/y'],
  ['json:{"driver":"nbd","server.host":"h"}', 'json:{"driver":"nbd","server.host":"h"}'],
  ['json:nonsense', 'json:nonsense'],
])('the path in %s is %s', (name, path) => {
  expect(plainPath(name, '/cwd')).toBe(path);
});

describe.each([
  ['libvirt’s schema', undefined],
  ['our own table', '/nowhere/schema.rng'],
])('a document is checked against %s', (_, schema) => {
  const check = (inner: string) =>
    validateSnapshotXml(`<domainsnapshot>${inner}</domainsnapshot>`, ['drive-virtio0'], schema);

  test.each([
    '<name>x</name><description>d</description>',
    "<memory snapshot='external' file='/m'/><disks><disk name='vda' snapshot='no'/></disks>",
    "<disks><disk name='drive-virtio0' snapshot='external' type='file'><driver type='qcow2'/><source file='/f'/></disk></disks>",
  ])('%s is valid', async (inner) => {
    expect(await check(inner)).toEqual([]);
  });

  test.each([
    ['<frob/>', 'Element domainsnapshot has extra content: frob'],
    ['<name>a</name><name>b</name>', 'name'],
    ["<memory snapshot='manual'/>", 'memory'],
    ["<disks><disk snapshot='no'/></disks>", 'disk'],
    ["<disks><disk name='vda' frob='1'/></disks>", 'disk'],
    ["<disks><disk name='vda'><source file='relative'/></disk></disks>", ''],
    ['<state>frob</state>', 'state'],
  ])('%s is not', async (inner, told) => {
    const wrong = await check(inner);
    expect(wrong.length).toBeGreaterThan(0);
    expect(wrong.join('\n')).toContain(told);
  });
});
