import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commandsOn } from '../support/commands-on.js';
import { ownCommands } from '../support/own-program.js';
import { type ProgramResult, runProgram } from '../support/program.js';
import { BareGuest, qemuPrograms } from '../support/qemu.js';

describe.each(qemuPrograms)('what is around the disks of a guest on %s', (_, find) => {
  let guest: BareGuest;
  let folder: string;
  let uri: string;
  const env = (): Record<string, string> => ({ SNAPCTL_STATE_DIR: join(folder, 'state') });
  const { run } = ownCommands(() => uri);
  const { say, refusals, inGuest } = commandsOn(() => ({ guest, uri, env: env() }));
  const hmp = async (command: string): Promise<string> =>
    (await say(`qemu-monitor-command tiny --hmp '${command}'`))[0] ?? '';
  const trace = (): string => readFileSync(join(folder, 'trace'), 'utf8');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'snapctl-verbs-'));
    guest = await BareGuest.start({
      program: await find(),
      observer: true,
      args: [
        ...['-smp', '2,maxcpus=4', '-vga', 'std', '-vnc', '127.0.0.1:0,to=999'],
        ...['-D', join(folder, 'trace'), '-trace', 'input_event_key_qcode'],
        ...[
          '-netdev',
          'user,id=wire0',
          '-device',
          'virtio-net-pci,netdev=wire0,id=net0,mac=52:54:00:12:34:56',
        ],
        ...['-device', 'e1000,mac=52:54:00:12:34:57'],
        ...['-device', 'virtio-balloon-pci,id=balloon0', '-object', 'iothread,id=iothread1'],
        ...['-chardev', 'pty,id=terminal', '-device', 'pci-serial,chardev=terminal,id=serial1'],
        ...['-device', 'pcie-root-port,id=port0', '-device', 'virtio-rng-pci,bus=port0,id=rng0'],
      ],
    });
    uri = `qmp://${guest.monitor}`;
    process.env.SNAPCTL_STATE_DIR = env().SNAPCTL_STATE_DIR;
  }, 180_000);

  afterAll(async () => {
    delete process.env.SNAPCTL_STATE_DIR;
    await guest?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  test('statistics: what libvirt tells of a guest, from QEMU and the kernel', async () => {
    const fields = (text: string): Map<string, string> =>
      new Map(
        [...text.matchAll(/^ {2}([^=\n]+)=(.*)$/gm)].map(([, field = '', value = '']) => [field, value]),
      );
    const [all = '', chosen = '', backing = '', ofState = '', none = '', enforced = ''] = await say(
      'domstats',
      'domstats tiny --cpu-total --iothread',
      'domstats --block --backing tiny',
      'domstats --state --list-running',
      'domstats --state --list-shutoff',
      'domstats --enforce --state --vcpu',
    );
    expect(all).toMatch(/^Domain: 'tiny'\n {2}state\.state=1\n {2}state\.reason=\d+\n {2}cpu\.time=\d+\n/);
    const found = fields(all);
    expect(Object.fromEntries(found)).toMatchObject({
      'balloon.current': '262144',
      'balloon.maximum': '262144',
      'vcpu.current': '2',
      'vcpu.maximum': '4',
      'vcpu.0.state': '1',
      'net.count': '2',
      'net.0.name': 'net0',
      'block.0.capacity': String(64 * 2 ** 20),
      'iothread.count': '1',
      'dirtyrate.calc_status': expect.stringMatching(/^[012]$/),
    });
    expect(BigInt(found.get('cpu.user') ?? 0) + BigInt(found.get('cpu.system') ?? 0)).toBe(
      BigInt(found.get('cpu.time') ?? 0),
    );
    expect(BigInt(found.get('vcpu.0.time') ?? 0)).toBeGreaterThan(0n);
    const [disk] = (await say('domblkstat tiny --device vda'))[0]?.match(/(?<=wr_bytes )\d+/) ?? [];
    expect(Number(found.get('block.0.wr.bytes'))).toBeGreaterThan(0);
    expect(Number(found.get('block.0.wr.bytes'))).toBeLessThanOrEqual(Number(disk));
    expect(found.get('block.0.path')).toBe(join(guest.folder, 'disk0.qcow2'));
    expect([...fields(chosen).keys()].map((name) => name.split('.')[0])).toEqual([
      ...['cpu', 'cpu', 'cpu'],
      ...['iothread', 'iothread', 'iothread', 'iothread'],
    ]);
    expect(fields(backing).get('block.0.backingIndex')).toBe('0');
    expect([...fields(ofState).keys()]).toEqual(['state.state', 'state.reason']);
    expect(none).toBe('');
    expect(fields(enforced).size).toBeGreaterThan(4);
    expect(
      await refusals('domstats --perf --enforce', 'domifstat tiny net0', 'domifstat tiny nosuch'),
    ).toEqual([
      'argument unsupported: Stats types bits 0x40 are not supported by this daemon',
      'Failed to get interface stats tiny net0',
      "Operation not supported: nobody counts what goes through 'net0': it is not plugged into a device of this host",
      'Failed to get interface stats tiny nosuch',
      "invalid argument: invalid path, 'nosuch' is not a known interface",
    ]);
  });

  test('virtual CPUs: the threads that they are, and those that the guest uses', async () => {
    const [info = '', pretty, counts, live, inside, guestCpus, , fewer, , again] = await say(
      'vcpuinfo tiny',
      'vcpuinfo tiny --pretty',
      'vcpucount tiny',
      'vcpucount tiny --live --maximum',
      'vcpucount tiny --guest',
      'guestvcpus tiny',
      'guestvcpus tiny --cpulist 1 --disable',
      'guestvcpus tiny',
      'setvcpus tiny 2 --guest',
      'vcpucount tiny --guest',
    );
    const affinity = /^Cpus_allowed_list:\s*(\S+)$/m.exec(
      readFileSync(`/proc/${guest.pid}/status`, 'utf8'),
    )?.[1];
    expect(info).toMatch(
      /^VCPU: +0\nCPU: +\d+\nState: +running\nCPU time: +\d+\.\ds\nCPU Affinity: +[y-]+\n\nVCPU: +1\n/,
    );
    expect(pretty).toContain(`CPU Affinity:   ${affinity} (out of `);
    expect(counts).toMatch(/^maximum +live +4\ncurrent +live +2$/);
    expect([live, inside, again]).toEqual(['4', '2', '2']);
    expect(guestCpus).toMatch(/^vcpus +: 0-1\nonline +: 0-1\nofflinable +: 1$/);
    expect(fewer).toMatch(/\nonline +: 0\n/);
    expect(
      await refusals(
        'guestvcpus tiny --cpulist 0 --disable',
        'guestvcpus tiny --cpulist 1,7 --enable',
        'setvcpus tiny 3 --guest',
      ),
    ).toEqual([
      "invalid argument: vCPU '0' is not offlinable",
      "invalid argument: guest is missing vCPUs '7'",
      'invalid argument: guest agent reports less cpu than requested',
    ]);
  }, 120_000);

  test('IOThreads come and go', async () => {
    const [before, , after, , polling, ,] = await say(
      'iothreadinfo tiny',
      'iothreadadd tiny 3',
      'iothreadinfo tiny',
      'iothreadset tiny 3 --poll-max-ns 1234',
      'qemu-monitor-command tiny query-iothreads',
      'iothreaddel tiny 3',
    );
    expect(before).toMatch(/\n 1 +[\d,-]+$/);
    expect(after).toMatch(/\n 1 +[\d,-]+\n 3 +[\d,-]+$/);
    expect(JSON.parse(polling ?? '').return).toContainEqual(
      expect.objectContaining({ id: 'iothread3', 'poll-max-ns': 1234 }),
    );
    expect(await refusals('iothreaddel tiny 3', 'iothreadadd tiny 1')).toEqual([
      "invalid argument: cannot find IOThread '3' in iothreadids",
      "invalid argument: an IOThread is already using iothread_id '1'",
    ]);
  }, 60_000);

  test('memory is asked back, counted, and watched as it changes', async () => {
    const [, , statistics, , , rate] = await say(
      'dommemstat tiny --period 1',
      'setmem tiny 200M',
      'dommemstat tiny',
      'domdirtyrate-calc tiny --seconds 1',
      'qemu-monitor-command tiny qom-get \'"path":"/machine/peripheral/balloon0"\' \'"property":"guest-stats-polling-interval"\'',
      'qemu-monitor-command tiny query-dirty-rate',
    );
    expect(statistics).toMatch(/^actual \d+\n(\w+ \d+\n)*last_update \d+\n(\w+ \d+\n)*rss \d+$/);
    expect(JSON.parse(rate ?? '').return).toMatchObject({ status: 'measuring', mode: 'page-sampling' });
    const transient = 'Requested operation is not valid: transient domains do not have any persistent config';
    expect(
      await refusals(
        'setmem tiny 900M',
        'setmaxmem tiny 900M',
        'domdirtyrate-calc tiny --seconds 61',
        'setmem tiny 200M --config',
      ),
    ).toEqual([
      'invalid argument: cannot set memory higher than max memory',
      'Unable to change MaxMemorySize',
      'Requested operation is not valid: cannot resize the maximum memory on an active domain',
      'invalid argument: seconds=61 is invalid, please choose value within [1, 60].',
      transient,
    ]);
  }, 60_000);

  test('network cards are listed, and their cables pulled out and put back', async () => {
    const [list, up, , down, , still, , again] = await say(
      'domiflist tiny',
      'domif-getlink tiny net0',
      'domif-setlink tiny 52:54:00:12:34:56 down',
      'domif-getlink tiny net0',
      'domif-setlink tiny e1000.0 down',
      'domif-getlink tiny 52:54:00:12:34:57',
      'domif-setlink tiny net0 up',
      'domif-getlink tiny net0',
    );
    expect(list).toMatch(
      /\n net0 +user +- +virtio +52:54:00:12:34:56\n e1000\.0 +\w+ +- +e1000 +52:54:00:12:34:57$/,
    );
    expect([up, down, still, again]).toEqual(['net0 up', 'net0 down', '52:54:00:12:34:57 down', 'net0 up']);
    expect(await refusals('domif-setlink tiny net7 up')).toEqual(["interface 'net7' not found"]);
    await inGuest('ifconfig lo 127.0.0.1 up');
    const [addresses, leases] = await say('domifaddr tiny --source agent', 'domifaddr tiny');
    expect(addresses).toMatch(/\n lo +00:00:00:00:00:00 +ipv4 +127\.0\.0\.1\/8/);
    expect(leases).toMatch(/-$/);
  }, 90_000);

  test('the agent tells of the guest, and sets passwords and keys', async () => {
    await inGuest(
      "printf '#!/bin/busybox sh\\ncat > /tmp/password\\n' > /sbin/chpasswd; chmod 755 /sbin/chpasswd; echo root:x:0:0::/root:/bin/sh > /etc/passwd",
    );
    const [info = '', timezone] = await say(
      'guestinfo tiny',
      'guestinfo tiny --timezone',
      'set-user-password tiny root secret',
    );
    expect(timezone).toMatch(/^timezone\.name +: UTC\ntimezone\.offset +: 0$/);
    expect(info).toMatch(/^user\.count +: 0\n/);
    for (const fact of [
      /^os\.machine +: x86_64$/m,
      /^hostname +: \S+$/m,
      /^fs\.count +: 1\nfs\.0\.name +: vda\nfs\.0\.mountpoint +: \/data\nfs\.0\.fstype +: ext4\nfs\.0\.total-bytes +: \d{8}\n/m,
      /^disk\.0\.name +: \/dev\/vda\ndisk\.0\.partition +: no\n/m,
      /^if\.0\.name +: lo\n/m,
    ]) {
      expect(info).toMatch(fact);
    }
    expect(await inGuest('cat /tmp/password')).toBe('root:secret');
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ example';
    const file = join(folder, 'keys');
    writeFileSync(file, `${key}\n`);
    const [, keys] = await say(`set-user-sshkeys tiny root --file ${file}`, 'get-user-sshkeys tiny root');
    expect(keys).toBe(key);
    expect(await inGuest('cat /root/.ssh/authorized_keys')).toBe(key);
  }, 120_000);

  test('keys are pressed, the NMI comes, the screen is seen', async () => {
    const picture = join(folder, 'picture');
    await say(
      'send-key tiny KEY_LEFTSHIFT KEY_A',
      'send-key tiny --codeset usb 0x05',
      'inject-nmi tiny',
      `screenshot tiny ${picture}`,
    );
    // QEMU presses and releases after the answer, at its own pace.
    while (!/qcode b, down 0/.test(trace())) await new Promise((resolve) => setTimeout(resolve, 50));
    const keys = [...trace().matchAll(/key qcode (\w+), down ([01])/g)].map(
      ([, key, down]) => `${key} ${down}`,
    );
    expect(keys).toEqual(['shift 1', 'a 1', 'a 0', 'shift 0', 'b 1', 'b 0']);
    await guest.serial.waitFor(/NMI received/, { timeout: 60_000 });
    expect(readFileSync(picture).subarray(1, 4).toString('latin1')).toBe('PNG');
    expect(await refusals('send-key tiny 999', `screenshot tiny ${picture} --screen 5`)).toEqual([
      'internal error: cannot translate keycode 999 of linux codeset to qnum keycode',
      'could not take a screenshot of tiny',
      'invalid argument: no such screen ID',
    ]);
  }, 90_000);

  test('displays and terminals can be found', async () => {
    const servers = JSON.parse((await run('qemu-monitor-command', 'tiny', 'query-vnc')).stdout).return;
    const display = Number(servers.service) - 5900;
    const [vnc, uriOf, all, tty = ''] = await say(
      'vncdisplay tiny',
      'domdisplay tiny',
      'domdisplay tiny --all',
      'ttyconsole tiny',
    );
    expect([vnc, uriOf, all]).toEqual([
      `127.0.0.1:${display}`,
      `vnc://127.0.0.1:${display}`,
      `vnc://127.0.0.1:${display}`,
    ]);
    expect(statSync(tty).isCharacterDevice()).toBe(true);
    expect(await hmp('info chardev')).toContain(`pty:${tty}`);
  }, 60_000);

  test('what migrations are allowed is set', async () => {
    const [before, , after, , downtime, cache] = await say(
      'migrate-getspeed tiny',
      'migrate-setspeed tiny 77',
      'migrate-getspeed tiny',
      'migrate-setmaxdowntime tiny 444',
      'migrate-getmaxdowntime tiny',
      'migrate-compcache tiny --size 33554432',
    );
    expect([before, after, downtime]).toEqual(['128', '77', '444']);
    expect(cache).toBe('Compression cache: 32.000 MiB');
  }, 60_000);

  test('QEMU’s own commands complete, and are sent as they were written', async () => {
    const complete = async (...words: string[]): Promise<string[]> => {
      const { stdout } = await run('complete', '--describe', '--', 'qemu-monitor-command', 'tiny', ...words);
      return stdout.trim().split('\n');
    };
    const commands = JSON.parse((await run('qemu-monitor-command', 'tiny', 'query-commands')).stdout)
      .return as {
      name: string;
    }[];
    const offered = await complete('query-');
    expect(offered.map((line) => line.trim()).sort()).toEqual(
      commands.flatMap(({ name }) => (name.startsWith('query-') ? [name] : [])).sort(),
    );
    expect(await complete('set_link', '"name":"net0"', '"')).toEqual([
      '"up":true\tboolean',
      '"up":false\tboolean',
    ]);
    expect(await complete('qom-get', '"p')).toEqual(['"path":"\tstring\t+', '"property":"\tstring\t+']);
    expect((await complete('--hmp', 'q')).join('')).toBe('');
    const [oob, wrong, exact, , closed] = await say(
      'qemu-monitor-command tiny \'{"exec-oob":"yank","arguments":{"instances":[]},"id":"mine"}\'',
      'qemu-monitor-command tiny \'{"execute":"query-name","fluff":1}\'',
      'qemu-monitor-command tiny \'{"execute":"qom-set","arguments":{"path":"/objects/iothread1","property":"poll-max-ns","value":9007199254740993}}\'; qemu-monitor-command tiny --return-value qom-get \'"path":"/objects/iothread1"\' \'"property":"poll-max-ns"\'',
      'qemu-monitor-command tiny --pass-fds 0 getfd \'"fdname":"input"\'',
      'qemu-monitor-command tiny --return-value --pretty closefd \'"fdname":"input"\'',
    );
    expect(JSON.parse(oob ?? '').return).toEqual({});
    expect(wrong).toContain("QMP input member 'fluff' is unexpected");
    // More digits than a double has.
    expect(exact).toMatch(/9007199254740993$/);
    expect(closed).toMatch(/^\{\s*\}$/);
  }, 120_000);

  test('QEMU’s own events are listened to by a filter, as text and as JSON', async () => {
    const seenBy = async (until: RegExp, ...words: string[]): Promise<ProgramResult> => {
      let [seen, ended] = ['', false];
      const listening = runProgram(`qmp://${guest.folder}/observer`, words, {
        env: env(),
        timeout: 100_000,
        started: (child) =>
          child.stdout?.on('data', (text) => {
            seen += text;
            if (until.test(seen)) child.kill('SIGINT');
          }),
      }).finally(() => {
        ended = true;
      });
      // Some of it happens before anybody listens.
      while (!ended) await say('suspend tiny', 'resume tiny');
      return listening;
    };
    const filter = ['qemu-monitor-event', 'tiny', '--event', '^(stop|resume|reset)$', '--regex', '--no-case'];
    const both = /STOP[\s\S]*RESUME[\s\S]*STOP/;
    const { stdout } = await seenBy(both, ...filter, '--loop', '--timestamp');
    expect(stdout).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\+0000: event (STOP|RESUME) for domain 'tiny': <null>\n/,
    );
    expect(stdout.match(/: event (?!STOP|RESUME)/)).toBeNull();
    const lines = (await seenBy(both, '--json', ...filter, '--loop')).stdout.trim().split('\n');
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({
        domain: 'tiny',
        event: expect.stringMatching(/^(STOP|RESUME)$/),
      });
    }
    const { code, stdout: single } = await seenBy(/never/, 'qemu-monitor-event', 'tiny', '--event', 'RESUME');
    expect(code).toBe(0);
    expect(single).toMatch(/^event RESUME at \d+\.\d{6} for domain 'tiny': <null>\nevents received: 1\n/);
  }, 180_000);

  test('a device is asked back by its alias', async () => {
    expect(await refusals('detach-device-alias tiny rng7')).toEqual([
      'Failed to detach device with alias rng7',
      'internal error: no device found with alias rng7',
    ]);
    await say('detach-device-alias tiny rng0');
    while ((await hmp('info qtree')).includes('id "rng0"')) await guest.nextCounter();
  }, 120_000);

  test('a dump is told of while it goes on, in every format that QEMU has', async () => {
    const { formats } = JSON.parse(
      (await run('qemu-monitor-command', 'tiny', 'query-dump-guest-memory-capability')).stdout,
    ).return as { formats: string[] };
    const lacking = ['kdump-lzo', 'kdump-snappy', 'win-dmp'].filter((each) => !formats.includes(each));
    const none = join(folder, 'none');
    const said = await refusals(
      ...lacking.map((format) => `dump tiny ${none} --memory-only --format ${format}`),
      `dump tiny ${none} --format elf`,
    );
    expect(said).toEqual([
      ...lacking.flatMap((format) => [
        `Failed to core dump domain 'tiny' to ${none}`,
        `Requested operation is not valid: unsupported dumpformat '${format}' for this QEMU binary`,
      ]),
      '--format only works with --memory-only',
    ]);
    const core = join(folder, 'core');
    const dumping = runProgram(uri, ['dump', 'tiny', core, '--memory-only', '--format', 'kdump-zlib'], {
      env: env(),
    });
    const begun = (): string | undefined =>
      readdirSync(folder).find((name) => name.includes('core') && statSync(join(folder, name)).size > 0);
    while (!begun()) await new Promise((resolve) => setTimeout(resolve, 2));
    process.kill(guest.pid, 'SIGSTOP');
    try {
      if (!existsSync(core)) {
        const [progress] = await say('domjobinfo tiny');
        expect(progress).toMatch(
          /^Job type: +Unbounded *\nOperation: +Dump *\nTime elapsed: +\d+ +ms\nData processed: +[\d.]+ \w+\n/,
        );
      }
    } finally {
      process.kill(guest.pid, 'SIGCONT');
    }
    expect(await dumping).toMatchObject({ code: 0 });
    expect(execFileSync('head', ['-c', '8', core]).toString('latin1')).toMatch(/^(KDUMP|makedump)/);
    expect(await say('domstate tiny')).toEqual(['running']);
    expect(guest.serial.text()).not.toMatch(/^mismatch/m);
  }, 120_000);

  test('a guest sleeps and wakes up, and ends where it would have started anew', async () => {
    const [control, , asleep] = await say('domcontrol tiny', 'dompmsuspend tiny mem', 'domstate tiny');
    expect([control, asleep]).toEqual(['ok', 'pmsuspended']);
    const [, awake] = await say('dompmwakeup tiny', 'domstate tiny');
    expect(awake).toBe('running');
    await guest.nextCounter();
    const reasons = await refusals(
      'dompmsuspend tiny mem --duration 3',
      'set-lifecycle-action tiny poweroff preserve',
      'set-lifecycle-action tiny poweroff coredump-destroy',
      'set-lifecycle-action tiny reboot destroy --config',
    );
    expect(reasons.filter((_line, index) => index % 2 === 1)).toEqual([
      'argument unsupported: Duration not supported. Use 0 for now',
      "unsupported configuration: qemu driver doesn't support the 'preserve' action for 'on_reboot'/'on_poweroff'",
      "unsupported configuration: Lifecycle event 'poweroff' doesn't support 'coredump-destroy' action",
      'Requested operation is not valid: transient domains do not have any persistent config',
    ]);
    await say('set-lifecycle-action tiny reboot destroy', 'reset tiny');
    await guest.exited();
  }, 60_000);
});
