import { expect, test } from '@jest/globals';
import { chainFindings } from '../../../src/care/chain-findings.js';
import { describedDisks } from '../../../src/care/described-disks.js';
import { type ExaminedDomain, type ExaminedImage, ownersOf } from '../../../src/care/examined-domain.js';
import { guestFindings } from '../../../src/care/guest-findings.js';

const image = (file: string, more: Partial<ExaminedImage> = {}): ExaminedImage => ({
  file,
  format: 'qcow2',
  problem: undefined,
  size: 100,
  bytes: 10,
  backing: undefined,
  backingFormat: undefined,
  tags: [],
  owner: { uid: 0, gid: 0, mode: 0o600 },
  ...more,
});

const domain = (images: ExaminedImage[], more: Partial<ExaminedDomain> = {}): ExaminedDomain => ({
  name: 'web',
  uuid: '',
  running: true,
  facts: undefined,
  stateFolder: '/nonexistent',
  descriptions: ['<domain/>'],
  disks: [{ target: 'vda', readonly: false, images, told: images.length }],
  snapshots: [],
  ...more,
});

const missing = { kind: 'missing', text: 'there is no such file' } as const;

test('what stands in the way of QEMU is found, with what mends it', () => {
  const lost = domain([image("/a b/it's", { problem: missing, owner: undefined })]);
  expect(chainFindings(lost, 'qemu:///system', undefined)).toMatchObject([
    {
      code: 'missing-image',
      command: `snapctl -c qemu:///system blockcopy web vda '/a b/it'\\''s.rescued' --wait --pivot --transient-job`,
    },
  ]);
  expect(chainFindings({ ...lost, running: false }, 'qemu:///system', undefined)[0]?.command).toBe(
    'snapctl -c qemu:///system detach-disk web vda --config',
  );
  const chain = domain([
    image('/top', { backing: '/base' }),
    image('/other', { owner: { uid: 0, gid: 7, mode: 0o640 } }),
  ]);
  expect(chainFindings(chain, 'u', { uid: 64055, gid: 7 })).toMatchObject([
    { code: 'format-not-recorded', command: 'qemu-img rebase -u -f qcow2 -F qcow2 -b /base /top' },
    { code: 'header-disagrees', command: 'qemu-img rebase -u -f qcow2 -F qcow2 -b /other /top' },
    { code: 'wrong-owner', file: '/top', command: 'chown 64055:7 /top' },
  ]);
  // Root may do anything, and what libvirt does not tell of is not held against it.
  expect(chainFindings(domain([image('/top')]), 'u', { uid: 0, gid: 0 })).toEqual([]);
  const own = domain([image('/top', { owner: { uid: 5, gid: 5, mode: 0o400 } })]);
  expect(chainFindings(own, 'u', { uid: 5, gid: 5 })).toMatchObject([{ command: 'chmod u+rw /top' }]);
});

test('a guest without an agent, with a bug, or in chains', () => {
  const around = { uri: 'u', libvirt: 10_000_000, hypervisor: 9_000_000, label: undefined, enforcing: false };
  const [first] = guestFindings(domain([image('/i/top')]), around);
  expect(first?.command).toBe(
    `printf %s '<channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0"/></channel>' | snapctl -c u attach-device web /dev/stdin --live --config`,
  );
  const channel = (state: string): string =>
    `<domain><devices><channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' state='${state}'/></channel></devices></domain>`;
  const codes = (each: ExaminedDomain, more = {}): string[] =>
    guestFindings(each, { ...around, ...more }).map(({ code }) => code);
  expect(codes(domain([], { descriptions: [channel('disconnected')] }))).toEqual(['agent-silent']);
  expect(codes(domain([], { descriptions: [channel('connected')] }))).toEqual([]);

  const facts = {
    stateFolder: '/s',
    qemuVersion: { major: 8, minor: 0, micro: 4 },
    process: null,
    agent: 'open',
    disks: [],
  } as const;
  const bare = domain([image('/i/top')], { facts });
  expect(codes(bare)).toEqual(['known-bug']);
  expect(codes(domain([], { descriptions: [channel('connected')] }), { hypervisor: 8_002_002 })).toEqual([]);
  const qemu = channel('connected').replace('<domain>', "<domain type='qemu'>");
  expect(codes(domain([], { descriptions: [qemu] }))).toEqual([]);
  const [lossy] = guestFindings(domain([image('/i/top')], { descriptions: [qemu] }), {
    ...around,
    hypervisor: 8_002_002,
  });
  expect(lossy?.message).toMatch(/^QEMU 8\.2 loses writes of an emulated guest/);
  expect(lossy?.command).toBe('snapctl -c u snapshot-create-as web --memspec /i/web.mem');
  const fine = domain([image('/i/top')], {
    facts: { ...facts, qemuVersion: { major: 8, minor: 1, micro: 0 } },
  });
  expect(codes(fine)).toEqual([]);
  expect(codes(fine, { label: 'libvirt-1234 (enforce)' })).toEqual(['confined']);
  expect(codes(fine, { label: 'libvirt-1234 (complain)' })).toEqual([]);
  expect(codes(fine, { label: 'unconfined' })).toEqual([]);
  const [selinux] = guestFindings(fine, {
    ...around,
    label: 'system_u:system_r:svirt_t:s0:c1,c2',
    enforcing: true,
  });
  expect(selinux?.command).toBe("semanage fcontext -a -t svirt_image_t '/i(/.*)?' && restorecon -R /i");
  expect(codes(fine, { label: 'system_u:system_r:svirt_t:s0:c1,c2' })).toEqual([]);
  expect(codes(fine, { label: 'u:r:unconfined_t:s0', enforcing: true })).toEqual([]);
});

test('the chain that a description tells, and whose each image is', () => {
  const xml = `<domain><devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/top'/>
      <backingStore type='file'><format type='qcow2'/><source file='/mid'/>
        <backingStore type='block'><format type='raw'/><source dev='/dev/x'/><backingStore/></backingStore>
      </backingStore><target dev='vda'/></disk>
    <disk type='network' device='disk'><source protocol='nbd' name='n'/><target dev='vdb'/><readonly/></disk>
    <disk type='volume' device='disk'><source pool='p' volume='v'/><target dev='vdc'/></disk>
    <disk type='file' device='cdrom'><target dev='sda'/></disk></devices></domain>`;
  expect(describedDisks(xml)).toEqual([
    {
      target: 'vda',
      readonly: false,
      images: [
        { file: '/top', format: 'qcow2' },
        { file: '/mid', format: 'qcow2' },
        { file: '/dev/x', format: 'raw' },
      ],
    },
    { target: 'vdb', readonly: true, images: [{ file: 'nbd:n', format: 'raw' }] },
    { target: 'vdc', readonly: false, images: [{ file: 'volume:p/v', format: 'raw' }] },
    { target: 'sda', readonly: false, images: [] },
  ]);
  const file = { disk: 'vda', format: 'qcow2' };
  const snapshot = (name: string, base: string, overlay: string) => ({
    name,
    xml: '',
    description: {} as never,
    files: [
      { ...file, file: base, part: 'base' as const },
      { ...file, file: overlay, part: 'overlay' as const },
    ],
  });
  const owned = domain([], {
    snapshots: [snapshot('a', '/base', '/top'), snapshot('b', '/base', '/branch')],
  });
  expect(ownersOf(image('/base', { tags: ['inside', 'a'] }), 'vda', owned)).toEqual({
    holds: ['a', 'b', 'inside'],
    madeBy: undefined,
  });
  expect(ownersOf(image('/branch'), 'vda', owned)).toEqual({ holds: [], madeBy: 'b' });
  expect(ownersOf(image('/base'), 'vdb', owned).holds).toEqual([]);
});
