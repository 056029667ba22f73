import { readlink } from 'node:fs/promises';
import { guestInterfaces } from '../../plug/guest-interfaces.js';
import { pciPlaces, presentDevices } from '../../plug/present-devices.js';
import type { Guest } from '../../snapshot/guest.js';
import { disksOf, type GuestDisk } from '../../snapshot/guest-disks.js';
import { escapeXml } from '../../snapshot/snapshot-xml.js';
import { mostCpus } from './cpus.js';
import { consoleLines, graphicsLines } from './displays.js';
import { interfaceLines } from './interface-xml.js';
import { pulledOut } from './link-states.js';
import { currentMemory } from './memory.js';

/**
 * libvirt domain XML for a bare QEMU: what can be asked of it. Enough for the commands that read it, and for libvirt to
 * take a snapshot's document over.
 */
export async function describeDomain(guest: Guest): Promise<string> {
  const { qmp } = guest;
  const { 'base-memory': base, 'plugged-memory': plugged = 0 } =
    await qmp.execute('query-memory-size-summary');
  const cpus = await qmp.execute('query-cpus-fast');
  const most = await mostCpus(guest);
  const { enabled: kvm } = await qmp.execute('query-kvm');
  const arch = cpus[0]?.target ?? 'x86_64';
  const emulator = guest.process && (await readlink(`/proc/${guest.process.pid}/exe`).catch(() => undefined));
  const memory = Math.floor((base + plugged) / 1024);
  const disks = await disksOf(guest);
  const current = await currentMemory(qmp);
  const down = await pulledOut(guest);
  const places = await pciPlaces(qmp);
  const present = await presentDevices(qmp);
  const linesOf = (...elements: string[]): string[] =>
    present.filter(({ element }) => elements.includes(element)).flatMap(({ lines }) => lines);
  return [
    `<domain type='${kvm ? 'kvm' : 'qemu'}'${guest.process ? ` id='${guest.process.pid}'` : ''}>`,
    `  <name>${escapeXml(guest.name)}</name>`,
    `  <uuid>${guest.uuid}</uuid>`,
    `  <memory unit='KiB'>${memory}</memory>`,
    `  <currentMemory unit='KiB'>${current}</currentMemory>`,
    `  <vcpu placement='static'${most > cpus.length ? ` current='${cpus.length}'` : ''}>${most}</vcpu>`,
    '  <os>',
    `    <type arch='${escapeXml(arch)}' machine='${escapeXml(await machineType(guest))}'>hvm</type>`,
    '  </os>',
    '  <devices>',
    ...(emulator ? [`    <emulator>${escapeXml(emulator)}</emulator>`] : []),
    ...disks.flatMap(diskLines),
    ...indented([
      // In libvirt's order.
      ...linesOf('controller'),
      ...(await guestInterfaces(qmp)).flatMap((card) =>
        interfaceLines(card, down.has(card.name), places.get(card.name)),
      ),
      ...(await consoleLines(qmp, present)),
      ...linesOf('channel', 'input'),
      ...(await graphicsLines(qmp)),
      ...linesOf('redirdev', 'watchdog', 'memballoon', 'rng', 'memory'),
    ]),
    '  </devices>',
    '</domain>',
    '',
  ].join('\n');
}

/** The machine as QEMU resolved it: `pc-q35-7.2`, not the alias `q35`, which means another one in another version. */
export async function machineType({ qmp }: Guest): Promise<string> {
  const type = String(await qmp.execute('qom-get', { path: '/machine', property: 'type' }));
  return type.replace(/-machine$/, '');
}

function diskLines({ target, qdev, removable, medium }: GuestDisk): string[] {
  const network = medium && !medium.file.startsWith('/');
  const block = medium?.file.startsWith('/dev/');
  const bus =
    /virtio/.test(qdev ?? '') || /^vd/.test(target) ? 'virtio' : /^hd/.test(target) ? 'ide' : 'scsi';
  return [
    `    <disk type='${block ? 'block' : network ? 'network' : 'file'}' device='${removable ? 'cdrom' : 'disk'}'>`,
    ...(medium ? [`      <driver name='qemu' type='${escapeXml(medium.format)}'/>`] : []),
    ...(medium && !network ? [`      <source ${block ? 'dev' : 'file'}='${escapeXml(medium.file)}'/>`] : []),
    `      <target dev='${escapeXml(target)}' bus='${bus}'/>`,
    ...(medium?.readonly ? ['      <readonly/>'] : []),
    '    </disk>',
  ];
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `    ${line}`);
