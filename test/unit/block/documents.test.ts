import { describe, expect, test } from '@jest/globals';
import { formatBackup, parseBackupXml } from '../../../src/block/backup-xml.js';
import { formatCheckpoint, parseCheckpointXml } from '../../../src/block/checkpoint-xml.js';
import { imageNode } from '../../../src/block/disk-node.js';
import { parseDisk } from '../../../src/block/disk-xml.js';
import { bitmapParts } from '../../../src/snapshot/bitmap-chain.js';
import type { OpenImage } from '../../../src/snapshot/open-images.js';

describe('checkpoint documents', () => {
  test('are read as they are written', () => {
    const facts = {
      ...{ name: 'a&b', description: '<d>', parent: 'p', creationTime: 12n },
      disks: [
        { name: 'vda', checkpoint: 'bitmap', bitmap: 'a&b', size: 65536n },
        { name: 'vdb', checkpoint: 'no', bitmap: undefined },
      ],
      domain: "<domain type='qemu'>\n    <name>x</name>\n    <uuid>u</uuid>\n  </domain>",
    };
    const xml = formatCheckpoint(facts);
    expect(xml).toContain("    <disk name='vda' checkpoint='bitmap' bitmap='a&amp;b' size='65536'/>\n");
    expect(parseCheckpointXml(xml)).toEqual({
      ...facts,
      disks: facts.disks.map(({ name, checkpoint, bitmap }) => ({ name, checkpoint, bitmap })),
      domainUuid: 'u',
    });
  });

  test('without a list of disks mean all of them', () => {
    expect(parseCheckpointXml('<domaincheckpoint/>').disks).toBeUndefined();
    expect(parseCheckpointXml('<domaincheckpoint><disks/></domaincheckpoint>').disks).toEqual([]);
  });

  test('of another kind, or broken, are refused', () => {
    expect(() => parseCheckpointXml('<domainsnapshot/>')).toThrow(
      'XML error: unexpected root element <domainsnapshot>, expecting <domaincheckpoint>',
    );
    expect(() => parseCheckpointXml('<domaincheckpoint')).toThrow('(domain_checkpoint): ');
  });
});

describe('backup documents', () => {
  test('say what is copied where', () => {
    expect(
      parseBackupXml(
        "<domainbackup mode='pull'><incremental>c</incremental><server name='h' port='10809'/><disks><disk name='vda' exportname='e'><scratch file='/s'/></disk><disk name='vdb' backup='no'/></disks></domainbackup>",
      ),
    ).toMatchObject({
      ...{ mode: 'pull', incremental: 'c', server: { transport: 'tcp', name: 'h', port: '10809' } },
      disks: [
        { name: 'vda', backup: true, file: '/s', exportName: 'e' },
        { name: 'vdb', backup: false },
      ],
    });
    expect(parseBackupXml('<domainbackup/>')).toMatchObject({ mode: 'push', disks: undefined });
  });

  test('that can’t be are refused in libvirt’s words', () => {
    const refused = (xml: string, text: string) => expect(() => parseBackupXml(xml)).toThrow(text);
    refused("<domainbackup mode='x'/>", "unknown backup mode 'x'");
    refused('<domainbackup><server/></domainbackup>', 'use of <server> requires pull mode backup');
    const server = (attributes: string) => `<domainbackup mode='pull'><server ${attributes}/></domainbackup>`;
    refused(server("name='h'"), '<domainbackup> must specify TCP port for now');
    refused(server("transport='unix' socket='s'"), "backup socket path 's' must be absolute");
    refused(server("transport='udp'"), 'unexpected transport in <domainbackup>');
    refused(server("port='1' tls='yes'"), 'TLS');
    refused('<domainbackup><disks><disk/></disks></domainbackup>', 'missing name from disk backup element');
  });

  test('are told with everything filled in', () => {
    const disk = {
      ...{ name: 'vda', backup: true, type: 'block' as const, file: '/dev/x', format: 'raw' },
      ...{ mode: 'full' as const, incremental: undefined, exportName: undefined, exportBitmap: undefined },
    };
    expect(
      formatBackup({ mode: 'push', incremental: undefined, server: undefined, disks: [disk], left: ['b'] }),
    ).toBe(
      [
        "<domainbackup mode='push'>",
        '  <disks>',
        "    <disk name='vda' backup='yes' type='block' backupmode='full'>",
        "      <driver type='raw'/>",
        "      <target dev='/dev/x'/>",
        '    </disk>',
        "    <disk name='b' backup='no'/>",
        '  </disks>',
        '</domainbackup>',
        '',
      ].join('\n'),
    );
  });
});

describe('disks to be attached', () => {
  test('are read, and opened as they say', () => {
    const disk = parseDisk(
      "<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none' io='native'/><source file='/x'/><target dev='vdb'/><serial>s</serial></disk>",
    );
    expect(disk).toMatchObject({ bus: 'virtio', format: 'qcow2', serial: 's', readonly: false });
    expect(imageNode(disk, 'n')).toMatchObject({
      ...{ driver: 'qcow2', 'read-only': false, cache: { direct: true, 'no-flush': false } },
      file: { driver: 'file', 'node-name': 'nf', filename: '/x', aio: 'native' },
    });
    expect(() => imageNode({ ...disk, cache: 'writeback' }, 'n')).toThrow('native I/O needs');
  });

  test('with what can’t be had here are refused', () => {
    expect(() => parseDisk("<disk type='network'><target dev='vdb'/></disk>")).toThrow("type 'network'");
    expect(() => parseDisk("<disk><target dev='vdb'/><iotune/></disk>")).toThrow('<iotune> of a disk');
    expect(() => parseDisk('<disk/>')).toThrow('missing target');
  });
});

describe('bitmaps of a chain', () => {
  const image = (node: string, ...bitmaps: readonly [name: string, state?: 'broken' | 'off'][]): OpenImage =>
    ({
      node,
      details: {
        'dirty-bitmaps': bitmaps.map(([name, state]) => ({
          ...{ name, count: 0, granularity: 65536, busy: false, persistent: true },
          ...{ recording: state !== 'off', inconsistent: state === 'broken' },
        })),
      },
    }) as unknown as OpenImage;
  const nodes = (images: OpenImage[], name: string) => bitmapParts(images, name)?.map(({ node }) => node);

  test('are whole down to where they began', () => {
    expect(nodes([image('c', ['x']), image('b', ['x'], ['y']), image('a')], 'x')).toEqual(['c', 'b']);
    expect(nodes([image('c', ['x'])], 'x')).toEqual(['c']);
    // Below the active image nothing is written, so nothing records.
    expect(nodes([image('c', ['x']), image('b', ['x', 'off'])], 'x')).toEqual(['c', 'b']);
  });

  test('are of no use with a part missing or broken', () => {
    expect(nodes([image('c'), image('b', ['x'])], 'x')).toBeUndefined();
    expect(nodes([image('c', ['x']), image('b'), image('a', ['x'])], 'x')).toBeUndefined();
    expect(nodes([image('c', ['x']), image('b', ['x', 'broken'])], 'x')).toBeUndefined();
    expect(nodes([image('c', ['x', 'off'])], 'x')).toBeUndefined();
  });
});
