import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commandsOn } from '../support/commands-on.js';
import { BareGuest, qemuPrograms } from '../support/qemu.js';

describe.each(qemuPrograms)('what is plugged into a running guest on %s', (_, find) => {
  let guest: BareGuest;
  let folder: string;
  const { say, refusals, inGuest } = commandsOn(() => ({
    guest,
    uri: `qmp://${guest.monitor}`,
    env: { SNAPCTL_STATE_DIR: join(folder, 'state') },
  }));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'snapctl-devices-'));
    guest = await BareGuest.start({
      program: await find(),
      args: [
        ...['-smp', '2,maxcpus=4', '-m', '256,slots=2,maxmem=1G', '-object', 'iothread,id=iothread1'],
        ...[1, 2, 3, 4].flatMap((port) => ['-device', `pcie-root-port,id=port${port},chassis=${port}`]),
        ...['-device', 'qemu-xhci,id=usb'],
      ],
    });
  }, 180_000);

  afterAll(async () => {
    await guest?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  test('devices come and go, and nothing of them is left', async () => {
    const described = (name: string, xml: string): string => {
      const path = join(folder, `${name}.xml`);
      writeFileSync(path, xml);
      return path;
    };
    const files = {
      net: described(
        'net',
        "<interface type='user'><mac address='52:54:00:AA:00:01'/><model type='virtio'/><link state='down'/></interface>",
      ),
      rng: described(
        'rng',
        "<rng model='virtio'><rate bytes='1234' period='2000'/><backend model='random'>/dev/urandom</backend><alias name='ua-dice'/></rng>",
      ),
      tablet: described('tablet', "<input type='tablet' bus='usb'/>"),
      usb: described('usb', "<controller type='usb' model='qemu-xhci' index='3'/>"),
      scsi: described('scsi', "<controller type='scsi' model='virtio-scsi' index='4'/>"),
      dimm: described(
        'dimm',
        "<memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target></memory>",
      ),
      channel: described(
        'channel',
        `<channel type='unix'><source mode='bind' path='${join(folder, 'channel')}'/><target type='virtio' name='org.example.x'/></channel>`,
      ),
      console: described('console', "<console type='pty'><target type='virtio'/></console>"),
    };
    const backends = async (): Promise<string[]> => {
      const objects = `qemu-monitor-command tiny qom-list '"path":"/objects"'`;
      const answers = await say(
        "qemu-monitor-command tiny --hmp 'info network'",
        'qemu-monitor-command tiny query-chardev',
        objects,
      );
      return answers.flatMap(
        (text) => text.match(/\b(hostnet|char(net|channel|console)|obj|memdimm)[\w-]+/g) ?? [],
      );
    };
    // What a snapctl that is killed before device_add leaves behind is in nobody's way.
    const commands = Object.values(files).map((file) => `attach-device tiny ${file}`);
    const half = `qemu-monitor-command tiny netdev_add '"type":"user"' '"id":"hostnet0"'`;
    const [, ...said] = await say(
      half,
      ...commands,
      'dumpxml tiny',
      'domiflist tiny',
      'domif-getlink tiny net0',
    );
    expect(said.slice(0, commands.length)).toEqual(commands.map(() => 'Device attached successfully'));
    const [xml = '', cards, link] = said.slice(commands.length);
    expect(cards).toMatch(/\n net0 +user +- +virtio +52:54:00:aa:00:01$/);
    expect(link).toBe('net0 down');
    for (const part of [
      /<interface type='user'>\n +<mac address='52:54:00:aa:00:01'\/>(\n.*){3}\n +<alias name='net0'\/>\n +<address type='pci' domain='0x0000' bus='0x0\d' slot='0x00' function='0x0'\/>\n/,
      /<rng model='virtio'>\n +<rate bytes='1234' period='2000'\/>\n +<backend model='random'>\/dev\/urandom<\/backend>\n +<alias name='ua-dice'\/>/,
      /<input type='tablet' bus='usb'>\n +<alias name='input0'\/>/,
      /<controller type='scsi' index='4' model='virtio-scsi'>\n +<alias name='scsi4'\/>/,
      /<controller type='usb' index='3' model='qemu-xhci'>/,
      /<memory model='dimm'>\n +<target>\n +<size unit='KiB'>131072<\/size>\n +<node>0<\/node>\n +<\/target>\n +<alias name='dimm0'\/>/,
      /<target type='virtio' name='org.example.x' state='disconnected'\/>\n +<alias name='channel0'\/>/,
      /<console type='pty' tty='.*'>\n +<source path='\/dev\/pts\/\d+'\/>\n +<target type='virtio'\/>\n +<alias name='console0'\/>/,
    ]) {
      expect(xml).toMatch(part);
    }
    expect((await backends()).sort()).toEqual([
      ...['charchannel0', 'charconsole0', 'hostnet0', 'memdimm0', 'objua-dice'],
    ]);
    const seen = await inGuest(
      'cat /sys/class/virtio-ports/*/name; cat /proc/bus/input/devices /sys/bus/pci/devices/*/device',
    );
    expect(seen).toMatch(/^org\.example\.x$/m);
    // virtio-scsi.
    expect(seen).toMatch(/^0x1048$/m);

    // A guest cannot be taken back to where it had them; what says so names them.
    const memory = join(folder, 'plugged.mem');
    await say(`snapshot-create-as tiny plugged --memspec ${memory} --live`);
    const refused = await refusals('snapshot-revert tiny plugged');
    for (const id of ['net0', 'ua-dice', 'dimm0', 'scsi4'])
      expect(refused.join('\n')).toContain(`device '${id}': it was plugged in after the start`);
    await say('snapshot-delete tiny plugged');

    const wrong = [
      ['<rng model="foo"/>', "unsupported configuration: unknown RNG model 'foo'"],
      ['<rng model="virtio"/>', 'XML error: only one RNG backend is supported'],
      ['<video/>', "Operation not supported: live attach of device 'video' is not supported"],
      [
        '<memballoon model="virtio"/>',
        "Operation not supported: live attach of device 'memballoon' is not supported",
      ],
      ['<foo/>', "unsupported configuration: unknown device type 'foo'"],
      [
        '<input type="mouse" bus="ps2"/>',
        "Operation not supported: input device on bus 'ps2' cannot be hot plugged.",
      ],
      ['<controller type="sata"/>', "Operation not supported: 'sata' controller cannot be hot plugged."],
      [
        '<interface type="foo"/>',
        "XML error: Invalid value for attribute 'type' in element 'interface': 'foo'.",
      ],
      [
        '<interface type="network"/>',
        'Operation not supported: hotplug of interface type of network is not implemented yet',
      ],
      [
        '<interface type="user"><mac address="zz"/></interface>',
        "XML error: unable to parse mac address 'zz'",
      ],
      [
        '<interface type="user"><model type="foo"/></interface>',
        "internal error: unable to execute QEMU command 'device_add': 'foo' is not a valid device model name",
      ],
      [
        '<rng model="virtio"><backend model="random">/dev/nosuch</backend></rng>',
        "internal error: unable to execute QEMU command 'object-add': Could not open '/dev/nosuch': No such file or directory",
      ],
      [
        '<rng model="virtio"><backend model="builtin"/><alias name="ua-dice"/></rng>',
        'unsupported configuration: non unique alias detected: ua-dice',
      ],
      [
        '<serial type="null"/>',
        "internal error: unable to execute QEMU command 'device_add': Bus 'isa.0' does not support hotplugging",
      ],
      ['<watchdog model="i6300esb"/>', 'internal error: No more available PCI slots'],
    ] as const;
    const names = wrong.map(([text], index) => described(`wrong${index}`, text));
    expect(await refusals(...names.map((name) => `attach-device tiny ${name}`))).toEqual(
      wrong.flatMap(([, reason], index) => [`Failed to attach device from ${names[index]}`, reason]),
    );
    expect((await backends()).length).toBe(5);
    expect(
      await refusals(
        `update-device tiny ${files.rng}`,
        `detach-device tiny ${names[2]}`,
        `detach-device tiny ${names[5]}`,
        'detach-interface tiny user --mac 52:54:00:00:00:01',
        `attach-device tiny ${files.rng} --config`,
      ),
    ).toEqual([
      `Failed to update device from ${files.rng}`,
      "unsupported configuration: live update of device 'rng' is not supported",
      `Failed to detach device from ${names[2]}`,
      "Operation not supported: live detach of device 'video' is not supported",
      `Failed to detach device from ${names[5]}`,
      'device not found: matching input device not found',
      'No interface with MAC address 52:54:00:00:00:01 was found',
      'Failed to detach interface',
      `Failed to attach device from ${files.rng}`,
      'Requested operation is not valid: transient domains do not have any persistent config',
    ]);
    await say(
      'detach-interface tiny user --mac 52:54:00:aa:00:01',
      'detach-device-alias tiny ua-dice',
      ...[files.tablet, files.usb, files.scsi, files.dimm, files.channel].map(
        (file) => `detach-device tiny ${file}`,
      ),
      'detach-device-alias tiny console0',
    );
    expect(await backends()).toEqual([]);
    expect((await say('dumpxml tiny'))[0]).not.toMatch(
      /net0|ua-dice|dimm0|scsi4|usb3|input0|channel0|console0/,
    );
  }, 180_000);

  test('threads are pinned to CPUs of the host, as the kernel has it then', async () => {
    const transient = 'Requested operation is not valid: transient domains do not have any persistent config';
    const threads = JSON.parse((await say('qemu-monitor-command tiny query-cpus-fast'))[0] ?? '').return as {
      'thread-id': number;
    }[];
    const allowed = (thread: number): string =>
      /^Cpus_allowed_list:\s*(\S+)$/m.exec(
        readFileSync(`/proc/${guest.pid}/task/${thread}/status`, 'utf8'),
      )?.[1] ?? '';
    const everywhere = allowed(guest.pid);
    const second = threads[1]?.['thread-id'] ?? 0;
    const [before, , after, , emulator, , ioThreads] = await say(
      'vcpupin tiny',
      'vcpupin tiny 1 0',
      'vcpupin tiny',
      'emulatorpin tiny 0 --live',
      'emulatorpin tiny',
      'iothreadpin tiny 1 0',
      'iothreadinfo tiny',
    );
    expect(before).toMatch(
      new RegExp(`^VCPU .*\n-+\n 0 +${everywhere}\n 1 +${everywhere}\n 2 +\\S+\n 3 +\\S+$`),
    );
    expect(after).toMatch(new RegExp(`\n 0 +${everywhere}\n 1 +0\n`));
    expect(emulator).toMatch(/\n {7}\*: 0$/);
    expect(ioThreads).toMatch(/\n 1 +0$/);
    expect([allowed(second), allowed(guest.pid)]).toEqual(['0', '0']);
    expect(allowed(threads[0]?.['thread-id'] ?? 0)).toBe(everywhere);
    await say('vcpupin tiny 1 r', 'emulatorpin tiny r');
    expect([allowed(second), allowed(guest.pid)]).toEqual([everywhere, everywhere]);
    expect(
      await refusals(
        'vcpupin tiny 9 0',
        'vcpupin tiny 3 0',
        'iothreadpin tiny 9 0',
        'vcpupin tiny 0 0 --config',
        'vcpupin tiny --config',
        'emulatorpin tiny --config',
      ),
    ).toEqual([
      'invalid argument: vcpu 9 is out of range of live cpu count 4',
      'Requested operation is not valid: vcpu 3 is not plugged in, and has no thread that could be pinned',
      'invalid argument: iothread 9 not found',
      transient,
      'cannot get vcpupin for transient domain',
      transient,
    ]);
  }, 60_000);

  test('virtual CPUs are plugged in and out', async () => {
    const [, counts, , xml] = await say(
      'setvcpus tiny 3',
      'vcpucount tiny',
      'setvcpu tiny 3 --enable --live',
      'dumpxml tiny',
    );
    expect(counts).toMatch(/^maximum +live +4\ncurrent +live +3$/);
    expect(xml).toContain("<vcpu placement='static'>4</vcpu>");
    // The guest hears of it from ACPI.
    const cpus = 'ls -d /sys/devices/system/cpu/cpu[0-9]';
    while (!/cpu3$/.test(await inGuest(cpus))) await guest.nextCounter();
    expect(
      await refusals(
        'setvcpus tiny 5',
        'setvcpus tiny 1',
        'setvcpus tiny 3 --config',
        'setvcpu tiny 2 --enable',
        'setvcpu tiny 0 --disable',
        'setvcpu tiny 2-3 --disable',
        'setvcpu tiny 7 --enable',
        'setvcpu tiny zz --enable',
      ),
    ).toEqual([
      'invalid argument: requested vcpus is greater than max allowable vcpus for the live domain: 5 > 4',
      'unsupported configuration: failed to find appropriate hotpluggable vcpus to reach the desired target vcpu count',
      'Requested operation is not valid: transient domains do not have any persistent config',
      "invalid argument: vcpu '2' is already in requested state",
      "Operation not supported: vcpu '0' can't be unplugged",
      'Operation not supported: only one hotpluggable entity can be selected',
      'invalid argument: vcpu 7 is not present in live config',
      "invalid argument: Failed to parse bitmap 'zz'",
    ]);
    const [, , left] = await say(
      'setvcpu tiny 3 --disable',
      'setvcpus tiny 2',
      'vcpucount tiny --live --active',
    );
    expect(left).toBe('2');
    expect(await inGuest(cpus)).toMatch(/cpu1$/);
    // It would crash: the guests here are emulated.
    expect((await refusals('setvcpus tiny 3')).join()).toMatch(
      /^unsupported configuration: a CPU has been unplugged: with emulation/,
    );
    await guest.nextCounter();
  }, 120_000);
});
