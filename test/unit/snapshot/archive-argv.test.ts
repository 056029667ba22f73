import { expect, test } from '@jest/globals';
import { adaptArgv, type BootArgv } from '../../../src/snapshot/archive-argv.js';

const adapt = (words: string, wish: { network?: 'none' | 'user'; ram?: number } = {}): BootArgv =>
  adaptArgv({
    words: words.split(' '),
    folder: '/run/new',
    qmpSocket: '/run/new/qmp',
    network: wish.network,
    ram: wish.ram,
  });

const OURS = '-qmp unix:/run/new/qmp,server=on,wait=off';
const wordsOf = ({ words }: BootArgv): string => words.join(' ').replace(` ${OURS}`, '').replace(OURS, '');

test.each([
  ['-machine q35 -m 256 -cpu max', '-machine q35 -m 256 -cpu max'],
  ['-qmp unix:/old/qmp,server=on -pidfile /old/pid -D /old/log -daemonize -S', ''],
  ['-monitor unix:/old/hmp,server,nowait', '-monitor unix:/run/new/monitor-1,server=on,wait=off'],
  ['-monitor stdio', '-monitor unix:/run/new/monitor-1,server=on,wait=off'],
  ['-serial file:/etc/passwd', '-serial file:/run/new/serial-1'],
  ['-serial mon:stdio', '-serial file:/run/new/serial-1'],
  ['-serial tcp::4444,server', '-serial file:/run/new/serial-1'],
  ['-serial none', '-serial none'],
  ['-chardev file,id=c0,path=/etc/shadow', '-chardev file,id=c0,path=/run/new/c0-1'],
  ['-chardev pipe,id=c0,path=/etc/x', '-chardev file,id=c0,path=/run/new/c0-1'],
  [
    '-chardev socket,id=../../c,path=/old/agent,server=on,wait=off',
    '-chardev socket,id=../../c,path=/run/new/------c-1,server=on,wait=off',
  ],
  ['-chardev null,id=n,logfile=/etc/x', '-chardev null,id=n'],
  ['-nographic', '-display none -serial file:/run/new/serial-1'],
  ['-nodefaults -nographic', '-nodefaults -display none'],
  ['-vnc :1 -spice port=5900 -vga std', '-display none -vga std'],
  ['-audiodev wav,id=a,path=/etc/x', '-audiodev none,id=a'],
  ['-object secret,id=s,file=/etc/shadow', ''],
])('%s becomes %s', (before, after) => {
  const adapted = adapt(before);
  expect(adapted.refusals).toEqual([]);
  expect(wordsOf(adapted).trim()).toBe(after);
  expect(adapted.words.join(' ').endsWith(OURS)).toBe(true);
});

test.each([
  '-netdev tap,id=n,script=/tmp/evil',
  '-netdev user,id=n,guestfwd=tcp:10.0.2.100:80-cmd:/bin/sh',
  '-netdev user,id=n,smb=/',
  '-netdev bridge,id=n,helper=/tmp/evil',
  '-nic tap,script=/tmp/evil',
  '-plugin /tmp/evil.so',
  '-fsdev local,id=f,path=/,security_model=none',
  '-virtfs local,path=/,mount_tag=x,security_model=none',
  '-object memory-backend-file,id=m,size=1M,mem-path=/etc/passwd,share=on',
  '-object memory-backend-file,id=m,size=1M,mem-path=/dev/hugepages/../../etc/passwd',
  '-mem-path /etc',
  '-object filter-dump,id=f,netdev=n,file=/etc/x',
  '-object rng-random,id=r,filename=/etc/shadow',
  '-object {broken',
  '-readconfig /tmp/evil',
  '-unheard-of 1',
])('%s is refused', (words) => {
  expect(adapt(words).refusals).toHaveLength(1);
});

test('network cards are put elsewhere, and keep what the guest sees of them', () => {
  const words = '-netdev tap,id=n,script=/tmp/evil -device virtio-net-pci,netdev=n,mac=52:54:00:00:00:01';
  const card = '-device virtio-net-pci,netdev=n,mac=52:54:00:00:00:01';
  const user = adapt(words, { network: 'user' });
  expect(user.refusals).toEqual([]);
  expect(wordsOf(user)).toBe(`-netdev user,id=n ${card}`);
  expect(wordsOf(adapt(words, { network: 'none' }))).toBe(`-netdev hubport,id=n,hubid=1 ${card}`);
  expect(wordsOf(adapt('-nic tap,model=e1000,ifname=x', { network: 'user' }))).toBe('-nic user,model=e1000');
  expect(adapt('-net nic -net tap', { network: 'none' }).refusals).not.toEqual([]);
});

test('what changes is told, and what has to be there', () => {
  const { changes, needed } = adapt('-kernel /boot/k -initrd /boot/i -serial stdio -m 1G', { ram: 2 ** 31 });
  expect(changes).toEqual([
    { from: '-serial stdio', to: '-serial file:/run/new/serial-1' },
    { from: '-m 1G', to: '-m 2048M' },
    { from: '', to: OURS },
  ]);
  expect(needed).toEqual(['/boot/k', '/boot/i']);
});
