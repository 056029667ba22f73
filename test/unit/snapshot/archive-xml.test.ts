import { expect, test } from '@jest/globals';
import { streamName } from '../../../src/archive/archived-domain.js';
import { describedDisks, describedNvram, restoredXml } from '../../../src/snapshot/archive-xml.js';

const xml = `<domain type='qemu' id='7'><name>web</name>
<os><nvram template='/usr/share/OVMF_VARS.fd'>/var/lib/nvram/web.fd</nvram></os>
<devices>
  <disk type='block' device='disk'><driver name='qemu' type='raw'/><source dev='/dev/vg/web'/><target dev='vda'/></disk>
  <disk type='file' device='disk'>
    <driver name='qemu' type='qcow2'/><source file='/srv/b.qcow2' index='1'/>
    <backingStore type='file'><source file='/srv/base.qcow2'/></backingStore><target dev='vdb'/>
  </disk>
  <disk type='file' device='cdrom'><source file='/srv/cd.iso'/><target dev='sda'/><readonly/></disk>
  <disk type='network' device='disk'><source protocol='nbd' name='x'/><target dev='vdc'/></disk>
  <disk type='file' device='cdrom'><target dev='sdb'/><readonly/></disk>
</devices></domain>`;

test('the disks of a description, and the variables of its firmware', () => {
  expect(describedDisks(xml)).toEqual([
    { target: 'vda', file: '/dev/vg/web', device: true, format: 'raw', readonly: false },
    { target: 'vdb', file: '/srv/b.qcow2', device: false, format: 'qcow2', readonly: false },
    { target: 'sda', file: '/srv/cd.iso', device: false, format: 'raw', readonly: true },
    { target: 'vdc', file: '', device: false, format: 'raw', readonly: false },
  ]);
  expect(describedDisks('<domain/>')).toEqual([]);
  expect(describedNvram(xml)).toBe('/var/lib/nvram/web.fd');
  const newer = xml.replace(/<nvram.*<\/nvram>/, "<nvram type='file'><source file='/x.fd'/></nvram>");
  expect(describedNvram(newer)).toBe('/x.fd');
  expect(describedNvram(restoredXml(newer, new Map(), 'raw', '/new/nvram'))).toBe('/new/nvram');
  expect(describedNvram('<domain/>')).toBeUndefined();
});

test('restored disks and variables are where they have been restored to; the rest stays', () => {
  const files = new Map([
    ['vda', '/new/vda.qcow2'],
    ['vdb', '/new/v & b.qcow2'],
  ]);
  const restored = restoredXml(xml, files, 'qcow2', '/new/nvram');
  expect(describedDisks(restored).map(({ target, file, format }) => [target, file, format])).toEqual([
    ['vda', '/new/vda.qcow2', 'qcow2'],
    ['vdb', '/new/v & b.qcow2', 'qcow2'],
    ['sda', '/srv/cd.iso', 'raw'],
    ['vdc', '', 'raw'],
  ]);
  expect(restored).toContain('>/new/nvram</nvram>');
  expect(restored).not.toMatch(/id='7'|id="7"|backingStore|vg\/web|base\.qcow2/);
  expect(() => restoredXml('<other/>', files, 'raw', null)).toThrow('describes no domain');
});

test('a stream is named after its disk, and after no other', () => {
  expect(streamName('vda', new Set())).toBe('vda');
  expect(streamName('/machine/unattached/device[9]', new Set())).toBe('machine-unattached-device-9-');
  expect(streamName('../../etc', new Set())).toBe('etc');
  expect(streamName('..', new Set())).toBe('disk');
  expect(streamName('vda', new Set(['vda', 'vda-2']))).toBe('vda-3');
});
