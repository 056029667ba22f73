import { describe, expect, test } from '@jest/globals';
import {
  type RelaunchDisk,
  type RelaunchWish,
  rewriteArgv,
  shellWords,
} from '../../../src/snapshot/argv-relaunch.js';

/** A command line as in a shell script: words at blanks, quotes around what has blanks. */
const words = (text: string): string[] =>
  [...text.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

const disk = (
  target: string,
  chain: readonly string[],
  names: readonly string[] = [target],
): RelaunchDisk => ({
  target,
  names,
  chain,
  image: { file: `/new/${target}`, format: 'qcow2' },
});

const wish = { machine: 'pc-q35-7.2', incoming: true, cwd: '/', version: '7.2.22' };

function rewrite(line: string, disks: readonly RelaunchDisk[], machine = 'pc-q35-7.2', incoming = true) {
  const result = rewriteArgv({ ...wish, words: words(line), machine, disks, incoming });
  if ('refusals' in result)
    throw new Error(result.refusals.map(({ part, reason }) => `${part}: ${reason}`).join('; '));
  return { ...result, line: shellWords(result.words) };
}

function refusals(
  line: string,
  disks: readonly RelaunchDisk[] = [],
  machine = 'pc-q35-7.2',
  more: Partial<RelaunchWish> = {},
) {
  const result = rewriteArgv({ ...wish, words: words(line), machine, disks, ...more });
  return 'refusals' in result ? result.refusals : [];
}

const hda = disk('ide0-hd0', ['/vm/a.img']);

describe('disks in their many forms', () => {
  test.each([
    ['-hda /vm/a.img', '-drive file=/new/ide0-hd0,index=0,format=qcow2', 'pc-i440fx-7.2'],
    ['/vm/a.img', '-drive file=/new/ide0-hd0,index=0,format=qcow2', 'pc-i440fx-7.2'],
    ['-drive file=/vm/a.img,format=raw', '-drive file=/new/ide0-hd0,format=qcow2', 'pc-i440fx-7.2'],
    [
      '-drive file=/vm/a.img,format=raw,cache=none,aio=native,discard=unmap',
      '-drive file=/new/ide0-hd0,format=qcow2,cache=none,aio=native,discard=unmap',
      'pc-i440fx-7.2',
    ],
    [
      '-drive driver=qcow2,file.driver=file,file.filename=/vm/a.img,media=disk',
      '-drive file=/new/ide0-hd0,media=disk,format=qcow2',
      'pc-q35-7.2',
    ],
  ])('%s', (given, expected, machine) => {
    const { line } = rewrite(`${given} -m 256`, [hda], machine);
    // A drive's keys may come in any order.
    const keys = (text: string): string[] => (/-drive (\S+)/.exec(text)?.[1] ?? '').split(',').sort();
    expect(keys(line)).toEqual(keys(expected));
    expect(line).toContain('-m 256 -S -incoming defer');
  });

  test.each([
    ['pc-i440fx-7.2', ['ide0-hd0', 'ide0-hd1', 'ide1-cd0']],
    ['pc-q35-7.2', ['ide0-hd0', 'ide1-hd0', 'ide2-cd0']],
  ])('places that are not given, on %s', (machine, [first, second]) => {
    const { line } = rewrite(
      '-hda /vm/a -hdb /vm/b -cdrom /vm/c.iso',
      [disk(first as string, ['/vm/other']), disk(second as string, ['/vm/another'])],
      machine,
    );
    expect(line).toContain(`index=0,file=/new/${first},`);
    expect(line).toContain(`index=1,file=/new/${second},`);
    expect(line).toContain('-cdrom /vm/c.iso');
  });

  test('numbers of drives on virtio', () => {
    const { line } = rewrite('-drive if=virtio,file=/vm/a -drive if=virtio,file=/vm/b,format=raw', [
      disk('virtio1', ['/b']),
      disk('virtio0', ['/a']),
    ]);
    expect(line).toContain('if=virtio,file=/new/virtio0,format=qcow2 -drive if=virtio');
    expect(line).toMatch(/file=\/new\/virtio1/);
  });

  test('-blockdev as JSON, with the file in place, whose options stay', () => {
    const node = {
      driver: 'raw',
      'node-name': 'disk0',
      cache: { direct: true },
      file: { driver: 'file', filename: '/vm/a.img', aio: 'native', locking: 'on' },
    };
    const result = rewriteArgv({
      words: ['-blockdev', JSON.stringify(node), '-device', 'virtio-blk-pci,drive=disk0,id=vda'],
      ...wish,
      disks: [disk('vda', ['/elsewhere'])],
    });
    if ('refusals' in result) throw new Error('refused');
    expect(JSON.parse(result.words[3] ?? '')).toEqual({
      driver: 'qcow2',
      'node-name': 'disk0',
      cache: { direct: true },
      file: { driver: 'file', aio: 'native', locking: 'on', filename: '/new/vda' },
    });
    expect(result.words.slice(4, 6)).toEqual(['-device', 'virtio-blk-pci,drive=disk0,id=vda']);
  });

  test('-blockdev as keys, with the file in a node of its own', () => {
    const { line } = rewrite(
      '-blockdev driver=file,node-name=f0,filename=/vm/a.img,cache.direct=on -blockdev driver=qcow2,node-name=d0,file=f0 -device scsi-hd,drive=d0',
      [disk('x', ['/vm/over', '/vm/a.img'], ['/machine/peripheral-anon/device[3]', 'snapctl-1'])],
    );
    expect(line).toContain('-blockdev driver=file,node-name=f0,cache.direct=on,filename=/new/x');
    expect(line).toContain('-blockdev driver=qcow2,node-name=d0,file=f0');
  });

  test('a filter stands above the image', () => {
    const { line } = rewrite(
      '-blockdev driver=qcow2,node-name=d0,file.driver=file,file.filename=/vm/a -blockdev driver=throttle,node-name=t0,throttle-group=g,file=d0 -object throttle-group,id=g,x-iops-total=100 -device virtio-blk-pci,drive=t0,id=vda',
      [disk('vda', [])],
    );
    expect(line).toContain('driver=qcow2,node-name=d0,file.driver=file,file.filename=/new/vda');
    expect(line).toContain('-blockdev driver=throttle,node-name=t0,throttle-group=g,file=d0');
  });

  test('nodes that only the old image lay on go; a device in the place of a file is one no longer', () => {
    const { line } = rewrite(
      '-blockdev {"driver":"host_device","filename":"/dev/vg/base","node-name":"s2","aio":"io_uring"} -blockdev {"driver":"raw","file":"s2","node-name":"f2","read-only":true} -blockdev {"driver":"file","filename":"/vm/o","node-name":"s1"} -blockdev {"driver":"qcow2","file":"s1","backing":"f2","node-name":"f1"} -device virtio-blk-pci,drive=f1,id=virtio-disk0',
      [disk('virtio-disk0', [])],
    );
    expect(line).not.toContain('/dev/vg/base');
    expect(line).not.toContain('backing');
    expect(line).toContain('"filename":"/new/virtio-disk0"');
    expect(line).toContain('"node-name":"s1"');
  });

  test('a comma in a name is doubled', () => {
    const result = rewriteArgv({
      words: ['-drive', 'file=/vm/a,,b.img,if=virtio'],
      ...wish,
      disks: [
        { target: 'virtio0', names: ['virtio0'], chain: [], image: { file: '/vm/c,d', format: 'qcow2' } },
      ],
    });
    expect('words' in result && result.words[3]).toBe('if=virtio,file=/vm/c,,d,format=qcow2');
  });
});

describe('machines and the way of starting', () => {
  test.each([
    ['-machine q35 -hda /vm/a.img', '-machine pc-q35-7.2 '],
    ['-M q35,accel=kvm:tcg -hda /vm/a.img', '-machine pc-q35-7.2,accel=kvm:tcg '],
    ['-machine type=q35,usb=off -hda /vm/a.img', '-machine pc-q35-7.2,usb=off '],
    ['-machine accel=kvm -hda /vm/a.img', '-machine pc-q35-7.2 -machine accel=kvm '],
    ['-hda /vm/a.img', '-machine pc-q35-7.2 '],
  ])('%s', (given, expected) => {
    expect(rewrite(given, [hda]).line).toContain(expected);
  });

  test('what was about the first start goes', () => {
    const { line } = rewrite(
      '-hda /vm/a.img -S -incoming tcp:0:4444 --daemonize -loadvm old -pidfile /run/vm.pid -name x',
      [hda],
    );
    expect(line).toMatch(/-pidfile \/run\/vm.pid -name x -S -incoming defer$/);
    expect(line).not.toMatch(/daemonize|loadvm|4444/);
  });

  test('from power-on without memory', () => {
    expect(rewrite('-hda /vm/a.img -incoming defer -S', [hda], undefined, false).line).toMatch(/qcow2 -S$/);
  });

  test('sockets and the pid file are told; nobody is waited for; files are added to', () => {
    const { line, paths } = rewrite(
      '-hda /vm/a.img -qmp unix:/run/q,server -monitor unix:/run/m,server=on,wait=off -chardev socket,id=c,path=/run/c,server,nowait -device virtserialport,chardev=c -vnc unix:/run/vnc -pidfile run/pid -serial file:/log/serial -chardev file,id=l,path=/log/l -chardev null,id=n,logfile=/log/n',
      [hda],
    );
    expect(paths).toEqual(['/run/q', '/run/m', '/run/c', '/run/vnc', 'run/pid']);
    expect(line).toContain('-qmp unix:/run/q,server,wait=off');
    expect(line).toContain('socket,id=c,path=/run/c,server,wait=off');
    expect(line).toMatch(
      /-chardev file,id=(snapctl-serial-\d+),path=\/log\/serial,append=on -serial chardev:\1/,
    );
    expect(line).toContain('file,id=l,path=/log/l,append=on');
    expect(line).toContain('null,id=n,logfile=/log/n,logappend=on');
  });

  test('a rewritten command line can be rewritten again and stays the same', () => {
    const given = '-M q35 -hda /vm/a.img -serial file:/log/s -qmp unix:/run/q,server=on,wait=off';
    const once = rewrite(given, [hda]).line;
    const again = rewrite(once, [disk('ide0-hd0', ['/new/ide0-hd0'])]);
    expect(again.line).toBe(once);
    expect(again.paths).toEqual(['/run/q']);
  });
});

describe('command lines as they are found', () => {
  test('Lima', () => {
    const lima =
      '-m 4096 -cpu host -machine q35,vmport=off,accel=kvm -smp 4,sockets=1,cores=4,threads=1 -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE.fd -boot order=d,splash-time=0,menu=on -drive file=/home/u/.lima/default/basedisk,format=raw,media=cdrom,readonly=on -drive file=/home/u/.lima/default/diffdisk,if=virtio,discard=on -drive id=cdrom0,if=none,format=raw,readonly=on,file=/home/u/.lima/default/cidata.iso -device virtio-scsi-pci,id=scsi0 -device scsi-cd,bus=scsi0.0,drive=cdrom0 -netdev bridge,id=net0 -device virtio-net-pci,netdev=net0,mac=52:55:55:11:22:33 -device virtio-rng-pci -display none -device virtio-vga -device virtio-keyboard-pci -device virtio-mouse-pci -device qemu-xhci,id=usb-bus -parallel none -chardev socket,id=char-serial,path=/home/u/.lima/default/serial.sock,server=on,wait=off,logfile=/home/u/.lima/default/serial.log -serial chardev:char-serial -chardev socket,id=char-qmp,path=/home/u/.lima/default/qmp.sock,server=on,wait=off -qmp chardev:char-qmp -name lima-default -pidfile /home/u/.lima/default/qemu.pid';
    const { line, paths } = rewrite(
      lima,
      [disk('virtio0', ['/home/u/.lima/default/diffdisk'])],
      'pc-q35-8.2',
    );
    expect(line).toContain('-machine pc-q35-8.2,vmport=off,accel=kvm');
    expect(line).toContain('-drive if=virtio,discard=on,file=/new/virtio0,format=qcow2');
    expect(line).toContain('readonly=on,file=/usr/share/OVMF/OVMF_CODE.fd');
    expect(line).toContain('logfile=/home/u/.lima/default/serial.log,wait=off,logappend=on');
    expect(paths).toEqual(
      ['serial.sock', 'qmp.sock', 'qemu.pid'].map((name) => `/home/u/.lima/default/${name}`),
    );
    const forwarding = rewrite(
      lima.replace('bridge,id=net0', 'user,id=net0,hostfwd=tcp:127.0.0.1:60022-:22'),
      [disk('virtio0', ['/home/u/.lima/default/diffdisk'])],
      'pc-q35-8.2',
    );
    expect(forwarding.line).toContain('-netdev user,id=net0 ');
    expect(forwarding.deferred).toEqual([
      {
        part: '-netdev user,id=net0,hostfwd=tcp:127.0.0.1:60022-:22',
        execute: 'human-monitor-command',
        arguments: { 'command-line': 'hostfwd_add net0 tcp:127.0.0.1:60022-:22' },
      },
    ]);
  });

  test('Proxmox: its network interface is in use', () => {
    const proxmox =
      "-id 100 -name 'vm,debug-threads=on' -no-shutdown -chardev socket,id=qmp,path=/var/run/qemu-server/100.qmp,server=on,wait=off -mon chardev=qmp,mode=control -chardev socket,id=qmp-event,path=/var/run/qmeventd.sock,reconnect=5 -mon chardev=qmp-event,mode=control -pidfile /var/run/qemu-server/100.pid -daemonize -smbios type=1,uuid=5 -smp 4 -nodefaults -vnc unix:/var/run/qemu-server/100.vnc,password=on -cpu host -m 2048 -device pci-bridge,id=pci.1,chassis_nr=1,bus=pci.0,addr=0x1e -device virtio-scsi-pci,id=scsihw0,bus=pci.0 -drive file=/dev/pve/vm-100-disk-0,if=none,id=drive-scsi0,format=raw,cache=none,aio=io_uring,detect-zeroes=on -device scsi-hd,bus=scsihw0.0,drive=drive-scsi0,id=scsi0 -netdev type=tap,id=net0,ifname=tap100i0,script=/var/lib/qemu-server/pve-bridge,vhost=on -device virtio-net-pci,netdev=net0,id=net0 -machine type=pc+pve0";
    const parts = refusals(proxmox, [disk('scsi0', [])], 'pc-i440fx-9.0+pve0');
    expect(parts.map(({ part }) => part)).toEqual([
      '-chardev socket,id=qmp-event,path=/var/run/qmeventd.sock,reconnect=5',
      expect.stringContaining('-netdev type=tap,id=net0,ifname=tap100i0'),
    ]);
    expect(parts[1]?.reason).toContain('tap100i0');
  });

  test("libvirt: its descriptors are libvirt's", () => {
    const libvirt =
      '-name guest=a,debug-threads=on -S -object {"qom-type":"secret","id":"masterKey0","format":"raw","file":"/var/lib/libvirt/master-key.aes"} -machine pc-q35-7.2,usb=off,memory-backend=pc.ram -accel kvm -m size=1048576k -object {"qom-type":"memory-backend-ram","id":"pc.ram","size":1073741824} -no-user-config -nodefaults -chardev socket,id=charmonitor,fd=22,server=on,wait=off -mon chardev=charmonitor,id=monitor,mode=control -blockdev {"driver":"file","filename":"/vm/a.qcow2","node-name":"libvirt-1-storage"} -blockdev {"node-name":"libvirt-1-format","driver":"qcow2","file":"libvirt-1-storage"} -device {"driver":"virtio-blk-pci","drive":"libvirt-1-format","id":"virtio-disk0"} -netdev {"type":"tap","fd":"23","vhost":true,"vhostfd":"25","id":"hostnet0"} -sandbox on';
    expect(refusals(libvirt, [disk('virtio-disk0', [])]).map(({ part }) => part)).toEqual([
      '-chardev socket,id=charmonitor,fd=22,server=on,wait=off',
      expect.stringContaining('-netdev {"type":"tap","fd":"23"'),
    ]);
  });

  test('Incus: firmware, a private memory file, sockets in its folder', () => {
    const { line } = rewrite(
      '-S -name v1 -uuid 7 -daemonize -cpu host -nographic -serial chardev:console -nodefaults'.replace(
        ' -nographic',
        ' -display none',
      ) +
        ' -chardev socket,id=console,path=/run/incus/v1/qemu.console,server=on,wait=off -chardev socket,id=monitor,path=/run/incus/v1/qemu.monitor,server=on,wait=off -mon chardev=monitor,mode=control -object memory-backend-file,id=mem0,mem-path=/dev/hugepages,size=1G,share=off -drive if=pflash,file=/usr/share/OVMF/CODE.fd,readonly=on,format=raw -drive if=pflash,file=/var/lib/incus/v1/nvram,format=raw -blockdev driver=host_device,node-name=incus_root,filename=/dev/zvol/x,aio=native -device scsi-hd,drive=incus_root,id=dev-root',
      [disk('dev-root', []), disk('pflash1', ['/var/lib/incus/v1/nvram'])],
    );
    expect(line).toContain('if=pflash,file=/new/pflash1,format=qcow2');
    expect(line).toContain(
      'driver=qcow2,node-name=incus_root,file.driver=file,file.aio=native,file.filename=/new/dev-root',
    );
  });
});

test.each([
  ['-add-fd fd=3,set=1', 'descriptor'],
  ['-drive file=/dev/fdset/1,if=virtio', 'descriptor'],
  ['-netdev tap,id=n,fd=5', 'descriptor'],
  ['-nographic', 'terminal'],
  ['-serial mon:stdio', 'terminal'],
  ['-serial pty', 'terminal'],
  ['-chardev stdio,id=s', 'terminal'],
  ['-monitor telnet::4444,server=on', 'the running QEMU has it'],
  ['-qmp tcp:localhost:4444,server=on,wait=off', 'the running QEMU has it'],
  ['-spice port=5900,disable-ticketing=on', 'the running QEMU has it'],
  ['-nic tap,ifname=tap0', 'tap0'],
  ['-vnc :0,websocket=on', 'the running QEMU has it'],
  ['-vnc :0 -vnc :1', 'the running QEMU has it'],
  ['-nic user -nic user,hostfwd=tcp::2222-:22', 'forwarded port'],
  ['-nic user,hostfwd=unix:/run/x-:22', 'forwarded port'],
  ['-serial mon:telnet::4444,server=on', 'the running QEMU has it'],
  ['-serial tcp:somewhere:4444', 'the running QEMU has it'],
  ['-chardev socket,id=m,port=1,server=on -mon chardev=m', 'the running QEMU has it'],
  ['-device vfio-pci,host=01:00.0', 'the running QEMU has it'],
  ['-device vhost-vsock-pci,guest-cid=3', 'the running QEMU has it'],
  ['-device {"driver":"usb-host","vendorid":1}', 'the running QEMU has it'],
  ['-chardev socket,id=v,path=/run/virtiofsd', 'one QEMU at a time'],
  ['-object memory-backend-file,id=m,mem-path=/dev/shm/x,size=1G,share=on', 'same memory'],
  ['-drive file=/vm/x,snapshot=on,if=virtio', 'temporary'],
  ['-snapshot', 'temporary'],
  ['-chroot /jail', 'other files'],
  ['-readconfig /vm.cfg', 'a file'],
  ['-drive file=/vm/x,if=virtio', 'no part in the snapshot'],
  [
    '-blockdev driver=raw,offset=512,node-name=d,file.driver=file,file.filename=/x -device virtio-blk,drive=d,id=part',
    'part of its image',
  ],
  ['-m', 'lacks its value'],
])('%s stands against it', (option, reason) => {
  const disks = option.includes('id=part') ? [hda, disk('part', [])] : [hda];
  const found = refusals(`-hda /vm/a.img ${option}`, disks);
  expect(new Set(found.map((each) => each.reason.includes(reason)))).toEqual(new Set([true]));
  expect(found).toHaveLength(option.split(' -vnc').length);
});

test.each([
  '-vnc none',
  '-display none',
  '-nic none',
  '-nic user',
  '-monitor none',
  '-serial null',
  '-virtfs local,path=/x,mount_tag=t,security_model=none',
  '-nic user,hostfwd=tcp::0-:22',
])('%s does not', (option) => expect(refusals(`-hda /vm/a.img ${option}`, [hda])).toEqual([]));

test('a disk that is not on the command line was plugged in later', () => {
  expect(refusals('-hda /vm/a.img', [hda, disk('hot', ['/vm/hot'])])).toEqual([
    { part: "disk 'hot'", reason: 'it is not on the command line' },
  ]);
});

const sent = (line: string): string => {
  const { line: rewritten, deferred } = rewrite(`-hda /vm/a.img ${line}`, [hda]);
  const commands = deferred.map(({ execute, arguments: args }) =>
    execute === 'human-monitor-command' ? args['command-line'] : `${execute} ${JSON.stringify(args)}`,
  );
  const [, rest = ''] = /format=qcow2 (?:-machine \S+ )?(.*?) ?-S -incoming defer$/.exec(rewritten) ?? [];
  return [rest, ...commands].join(' | ');
};

describe('ports that are opened when the first QEMU has ended', () => {
  test.each([
    ['-nic user,model=e1000,hostfwd=tcp::2222-:22', '-nic user,model=e1000 | hostfwd_add tcp::2222-:22'],
    [
      '-netdev user,id=n,hostfwd=tcp:127.0.0.1:1-:22,hostfwd=udp::2-10.0.2.15:53,hostfwd=tcp::0-:80 -netdev user,id=m',
      '-netdev user,id=n,hostfwd=tcp::0-:80 -netdev user,id=m | hostfwd_add n tcp:127.0.0.1:1-:22 | hostfwd_add n udp::2-10.0.2.15:53',
    ],
    [
      '-netdev {"type":"user","id":"n","hostfwd":[{"str":"tcp::2222-:22"}]}',
      `-netdev '{"type":"user","id":"n"}' | hostfwd_add n tcp::2222-:22`,
    ],
    ['-s', ' | gdbserver tcp::1234'],
    ['-gdb tcp:127.0.0.1:99,server=on', ' | gdbserver tcp:127.0.0.1:99,server=on'],
    [
      '-vnc :3,password=on',
      '-vnc none,password=on | display-update {"type":"vnc","addresses":[{"type":"inet","host":"","port":"5903"}]}',
    ],
    [
      '-display vnc=127.0.0.1:1',
      '-display vnc=none | display-update {"type":"vnc","addresses":[{"type":"inet","host":"127.0.0.1","port":"5901"}]}',
    ],
    [
      '-serial telnet:localhost:4444,server=on',
      '-chardev null,id=snapctl-serial-1 -serial chardev:snapctl-serial-1 | chardev-change {"id":"snapctl-serial-1","backend":{"type":"socket","data":{"addr":{"type":"inet","data":{"host":"localhost","port":"4444"}},"server":true,"wait":false,"telnet":true}}}',
    ],
    [
      '-chardev socket,id=c,host=::1,port=7,ipv6=on,server,nowait,logfile=/l -device virtconsole,chardev=c',
      '-chardev null,id=c,logfile=/l,logappend=on -device virtconsole,chardev=c | chardev-change {"id":"c","backend":{"type":"socket","data":{"addr":{"type":"inet","data":{"host":"::1","port":"7","ipv6":true}},"server":true,"wait":false,"logfile":"/l"}}}',
    ],
  ])('%s', (given, expected) => expect(sent(given)).toBe(expected));

  test('QEMU before 7.1 cannot change where VNC listens', () => {
    const found = refusals('-hda /vm/a.img -vnc :0', [hda], 'pc-q35-6.2', { version: '7.0.1' });
    expect(found).toEqual([{ part: '-vnc :0', reason: expect.stringContaining('the running QEMU has it') }]);
  });

  test("VNC's password is lost, and a port that the host chose, and that is told", () => {
    expect(rewrite('-hda /vm/a.img -vnc unix:/run/v,password=on', [hda]).lost).toHaveLength(1);
    expect(rewrite('-hda /vm/a.img -vnc unix:/run/v', [hda]).lost).toEqual([]);
    expect(rewrite('-hda /vm/a.img -nic user,hostfwd=tcp::0-:22', [hda]).lost).toEqual([
      '-nic user,hostfwd=tcp::0-:22: the host has chosen another port',
    ]);
  });
});

test('alone, a QEMU may have all that the first one had', () => {
  const line =
    '-hda /vm/a.img -nic user,hostfwd=tcp::22-:22 -nic tap,ifname=tap0 -monitor tcp::1,server=on -vnc :1';
  const result = rewriteArgv({ ...wish, words: words(line), disks: [hda], alone: true });
  if ('refusals' in result) throw new Error('refused');
  expect(result.deferred).toEqual([]);
  expect(shellWords(result.words)).toContain('-nic user,hostfwd=tcp::22-:22 -nic tap,ifname=tap0');
  expect(refusals(`${line} -netdev tap,id=t,fd=5`, [hda], 'pc', { alone: true })).toHaveLength(1);
});

test('for people: the images are in their place, and all else is as it was', () => {
  const line =
    '-daemonize -hda a.img -S -nic tap,ifname=tap0 -add-fd fd=3,set=1 -incoming defer -machine q35';
  const result = rewriteArgv({
    ...wish,
    cwd: '/vm',
    words: words(line),
    disks: [hda, disk('hot', ['/vm/hot'])],
  });
  if (!('refusals' in result)) throw new Error('not refused');
  expect(result.refusals.map(({ part }) => part)).toEqual([
    '-nic tap,ifname=tap0',
    '-add-fd fd=3,set=1',
    "disk 'hot'",
  ]);
  expect(shellWords(result.byHand)).toBe(
    '-daemonize -drive index=0,file=/new/ide0-hd0,format=qcow2 -nic tap,ifname=tap0 -add-fd fd=3,set=1 -machine pc-q35-7.2',
  );
});

test('a relative path is from the working directory', () => {
  const result = rewriteArgv({
    ...wish,
    cwd: '/vm',
    words: ['-drive', 'file=sub/../a.img,if=scsi', '-hdb', 'b.img'],
    disks: [{ ...disk('one', ['/vm/over', '/vm/a.img']) }, disk('two', ['/vm/b.img'])],
  });
  if ('refusals' in result) throw new Error('refused');
  expect(shellWords(result.words)).toContain('file=/new/one');
});
