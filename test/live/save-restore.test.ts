import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Embed, type TinyGuest } from '../support/embed.mjs';

// Emulated, on a machine that may be busy.
jest.setTimeout(180_000);

/** A file system of its own can only be mounted by root. */
const asRoot = process.getuid?.() === 0 ? test : test.skip;

const video = "<video><model type='vga' vram='16384'/></video>";

describe('memory of a real guest', () => {
  let embed: Embed;
  let guest: TinyGuest;
  let mounted: string | undefined;

  beforeAll(async () => {
    embed = await Embed.create();
    guest = await embed.start({ name: 'guest', vcpus: 2, devices: video });
  });

  afterAll(async () => {
    if (mounted) execFileSync('umount', ['--lazy', mounted]);
    await embed?.dispose();
  });

  const inFolder = (file: string): string => join(guest.folder, file);
  const files = (): string[] => readdirSync(guest.folder, { recursive: true }).map(String).sort();
  const state = async (): Promise<string> =>
    (await guest.runAttached(['domstate', 'guest', '--reason'])).stdout.trim();

  const expectCounting = async (after: number): Promise<void> => {
    const next = await guest.nextCounter();
    expect(next).toBeGreaterThan(after);
    // The guest compares the counter in memory with the one on its disk.
    expect(guest.serial.text()).not.toMatch(/^mismatch/m);
  };

  /**
   * Runs command lines, one process for all, with virsh and with snapctl: both must say the same.
   * @returns what they printed.
   */
  const likeVirsh = async (...lines: string[]): Promise<string> => {
    // What reads from QEMU first waits for the guest to be found again, see runAttached.
    const words = ['dommemstat guest; echo attached', ...lines].join('; ');
    const outcome = async (tool: 'virsh' | 'snapctl') => {
      const { stdout, ...rest } = await embed.run([words], { tool });
      return { ...rest, stdout: stdout.split('attached\n')[1] };
    };
    const wanted = await outcome('virsh');
    expect(await outcome('snapctl')).toEqual(wanted);
    return wanted.stdout ?? '';
  };

  /**
   * Runs command lines, each of which must fail with the lines after it. virsh stays out of this: when its save or
   * dump fails at once, before it has begun to watch the job, virsh 9.0 waits for ever.
   */
  const expectErrors = async (
    cases: readonly (readonly [line: string, ...errors: string[]])[],
  ): Promise<void> => {
    const { code, stderr } = await embed.run([
      ['dommemstat guest', ...cases.map(([line]) => line)].join('; '),
    ]);
    expect(stderr.split('\n').slice(0, -1)).toEqual(
      cases.flatMap(([, ...errors]) => errors.map((error) => `error: ${error}`)),
    );
    expect(code).toBe(1);
  };

  test('saved, shut off, restored: the guest goes on where it was', async () => {
    const file = inFolder('state');
    const uptime = await guest.nextCounter();
    const saved = await guest.runAttached(['save', 'guest', file, '--verbose']);
    expect(saved).toMatchObject({ code: 0, stdout: `\nDomain 'guest' saved to ${file}\n\n` });
    expect(saved.stderr).toMatch(/^(\rSave: \[[ \d]\d\d? %\])*\rSave: \[100 %\]$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const last = guest.serial.counter() as number;
    expect(last).toBeGreaterThanOrEqual(uptime);

    const again = await embed.run(['domstate guest; save guest /nowhere']);
    expect(again.stdout).toMatch(/^shut off\n/);
    expect(again.stderr).toBe(
      "error: Failed to save domain 'guest' to /nowhere\nerror: Requested operation is not valid: domain is not running\n",
    );
    expect(await embed.must('save-image-dumpxml', file, '--xpath', '/domain/name')).toBe(
      '<name>guest</name>\n\n',
    );

    const from = guest.serial.end();
    expect(await embed.must('restore', file)).toBe(`Domain restored from ${file}\n\n`);
    expect(await state()).toBe('running (restored)');
    const [, first] = await guest.serial.waitFor(/^counter (\d+)$/, { from });
    // Not booted anew, and nothing lost: a tenth of a second may have been counted but not yet been printed.
    expect(Number(first) - last).toBeGreaterThanOrEqual(1);
    expect(Number(first) - last).toBeLessThanOrEqual(3);
    await expectCounting(Number(first));
    rmSync(file);
  });

  test('the configuration in a saved state can be shown, edited and replaced; --paused holds', async () => {
    const file = inFolder('edited');
    await guest.runAttached(['save', 'guest', file]);
    const editor = "sed -i 's|<memory |<description>by hand</description><memory |'";
    const edited = await embed.run(['save-image-edit', file], { env: { EDITOR: editor } });
    expect(edited).toMatchObject({ code: 0, stdout: `State file ${file} edited.\n\n`, stderr: '' });
    expect(await embed.must('save-image-dumpxml', file, '--xpath', '//description')).toBe(
      '<description>by hand</description>\n\n',
    );
    const unchanged = await embed.run(['save-image-edit', file], { env: { EDITOR: 'true' } });
    expect(unchanged.stdout).toBe(`Saved image ${file} XML configuration not changed.\n\n`);

    const xml = inFolder('other.xml');
    writeFileSync(xml, (await embed.must('save-image-dumpxml', file)).replace('by hand', 'by file'));
    expect(await embed.must('save-image-define', file, xml, '--paused')).toBe(
      `State file ${file} updated.\n\n`,
    );
    writeFileSync(xml, readFileSync(xml, 'utf8').replace('<name>guest', '<name>other'));
    const refused = await embed.run(['save-image-define', file, xml]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^error: Failed to update .*\nerror: .*name/);

    await embed.must('restore', file);
    expect(await state()).toMatch(/^paused/);
    const stopped = guest.serial.counter() as number;
    await guest.runAttached(['resume', 'guest']);
    await expectCounting(stopped);
    rmSync(file);
    rmSync(xml);
  });

  test('managed save, and start goes on from it', async () => {
    const stdout = (await guest.runAttached(['managedsave', 'guest'])).stdout;
    expect(stdout).toBe("\nDomain 'guest' state saved by libvirt\n\n");
    const last = guest.serial.counter() as number;
    expect(await embed.must('-q', 'list --all --managed-save')).toMatch(/ guest +saved$/m);
    expect(await embed.must('managedsave-dumpxml', 'guest', '--xpath', '//name', '--wrap')).toBe(
      '<nodes>\n  <name>guest</name>\n</nodes>\n\n',
    );
    const unchanged = await embed.run(['managedsave-edit', 'guest'], { env: { EDITOR: 'true' } });
    expect(unchanged.stdout).toBe("Managed save image of domain 'guest' XML configuration not changed.\n\n");
    const editor = "sed -i 's|<memory |<title>managed</title><memory |'";
    const edited = await embed.run(['managedsave-edit', 'guest'], { env: { EDITOR: editor } });
    expect(edited.stdout).toBe("Managed save image of Domain 'guest' XML configuration edited.\n\n");
    const xml = inFolder('managed.xml');
    writeFileSync(xml, (await embed.must('managedsave-dumpxml', 'guest')).replace('managed<', 'replaced<'));
    expect(await embed.must('managedsave-define', 'guest', xml)).toBe(
      "Managed save state file of domain 'guest' updated.\n\n",
    );
    expect(await embed.must('managedsave-dumpxml', 'guest', '--xpath', '//title/text()')).toBe(
      'replaced\n\n',
    );
    rmSync(xml);

    const from = guest.serial.end();
    await embed.must('start', 'guest');
    const [, first] = await guest.serial.waitFor(/^counter (\d+)$/, { from });
    expect(Number(first) - last).toBeGreaterThanOrEqual(1);
    expect(Number(first) - last).toBeLessThanOrEqual(3);
    const none = await guest.runAttached(['managedsave-remove', 'guest']);
    expect(none.stdout).toBe("Domain 'guest' has no manage save image; removal skipped\n");
  });

  test('a managed save can be thrown away', async () => {
    await guest.runAttached(['managedsave', 'guest']);
    expect(await embed.must('managedsave-remove', 'guest')).toBe(
      "Removed managedsave image for domain 'guest'\n",
    );
    const from = guest.serial.end();
    await embed.must('start', 'guest');
    // It boots.
    await guest.ready({ from });
  });

  test('dumps memory in each format, and the guest runs on', async () => {
    const core = inFolder('core');
    const dump = (...more: string[]) => guest.runAttached(['dump', 'guest', core, ...more]);
    const magic = (length: number): string => readFileSync(core).subarray(0, length).toString('latin1');
    expect(await dump('--memory-only')).toMatchObject({
      code: 0,
      stdout: `\nDomain 'guest' dumped to ${core}\n\n`,
      stderr: '',
    });
    expect(magic(4)).toBe('\x7fELF');
    const zlib = await dump('--memory-only', '--format', 'kdump-zlib', '--verbose');
    expect(zlib.stderr).toMatch(/^(\rDump: \[[ \d]{2}\d %\])*\rDump: \[100 %\]$/);
    // makedumpfile's flattened format.
    expect(magic(12)).toBe('makedumpfile');
    expect(await dump()).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(core).includes('QEVM')).toBe(true);
    rmSync(core);
    const before = files();
    await expectErrors([
      [`dump guest ${core} --format elf`, '--format only works with --memory-only'],
      [
        `dump guest ${core} --memory-only --format nosuch`,
        "format 'nosuch' is not supported, expecting 'kdump-zlib', 'kdump-lzo', 'kdump-snappy', 'win-dmp' or 'elf'",
      ],
    ]);
    // What a Windows dump needs from the guest, Linux does not give.
    const windows = await dump('--memory-only', '--format', 'win-dmp');
    expect(windows.code).toBe(1);
    expect(windows.stderr).toMatch(
      /^error: Failed to core dump domain 'guest' to .*\nerror: .*(dump|format)/,
    );
    expect(files()).toEqual(before);
    expect(await state()).toMatch(/^running/);
    await expectCounting(await guest.nextCounter());
  });

  test('a save or dump that fails leaves the guest running and no file', async () => {
    const before = files();
    mkdirSync(inFolder('folder'));
    const nowhere = inFolder('nowhere/state');
    await expectErrors([
      [
        `save guest ${inFolder('folder')}`,
        `Failed to save domain 'guest' to ${inFolder('folder')}`,
        `Failed to create file '${inFolder('folder')}': Is a directory`,
      ],
      [
        `save guest ${nowhere}`,
        `Failed to save domain 'guest' to ${nowhere}`,
        `Failed to create file '${nowhere}': No such file or directory`,
      ],
      [
        `save guest ${inFolder('state')} --xml ${nowhere}`,
        `Failed to open file '${nowhere}': No such file or directory`,
      ],
      [
        `save guest ${inFolder('state')} --running --paused`,
        `Failed to save domain 'guest' to ${inFolder('state')}`,
        "Flags 'VIR_DOMAIN_SAVE_RUNNING' and 'VIR_DOMAIN_SAVE_PAUSED' are mutually exclusive",
      ],
      [
        `dump guest ${nowhere} --memory-only`,
        `Failed to core dump domain 'guest' to ${nowhere}`,
        `Failed to create file '${nowhere}': No such file or directory`,
      ],
    ]);
    await likeVirsh(`restore ${nowhere}`, `restore ${guest.xml}`);
    rmSync(inFolder('folder'), { recursive: true });
    expect(files()).toEqual(before);
    await expectCounting(await guest.nextCounter());
  });

  asRoot('nor does one on a full disk', async () => {
    const folder = inFolder('small');
    mkdirSync(folder);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'none', folder]);
    mounted = folder;
    const saved = await guest.runAttached(['save', 'guest', join(folder, 'state')]);
    expect(saved).toMatchObject({ code: 1, stdout: '\n' });
    expect(saved.stderr).toMatch(
      /^error: Failed to save domain 'guest' to .*\nerror: .*(space|No space left on device)/,
    );
    const dumped = await guest.runAttached(['dump', 'guest', join(folder, 'core'), '--memory-only']);
    expect(dumped.code).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
    expect(await state()).toMatch(/^running/);
    await expectCounting(await guest.nextCounter());
  });

  test('an already running domain is not restored over', async () => {
    const file = inFolder('state');
    await guest.runAttached(['save', 'guest', file]);
    await embed.must('restore', file);
    const twice = await guest.runAttached(['restore', file]);
    expect(twice.code).toBe(1);
    expect(twice.stderr).toMatch(/^error: Failed to restore domain from .*\nerror: .*already/);
    rmSync(file);
    await expectCounting(await guest.nextCounter());
  });

  test('the monitor and the agent answer as in virsh', async () => {
    await likeVirsh(
      'qemu-monitor-command guest --return-value query-status',
      'qemu-monitor-command guest --return-value --pretty query-chardev',
      'qemu-monitor-command guest --return-value --pretty query-iothreads',
      'qemu-monitor-command guest --return-value nosuch',
      'qemu-monitor-command guest --hmp info status',
      "qemu-monitor-command guest --hmp 'info status'",
      'qemu-monitor-command guest --return-value qom-get \'"path":"/machine"\' \'"property":"type"\'',
      'qemu-monitor-command guest --return-value human-monitor-command \'{"command-line":"info name"}\'',
      'qemu-agent-command guest \'{"execute":"guest-ping"}\'',
      'qemu-agent-command guest --pretty \'{"execute":"guest-info"}\'',
      'qemu-agent-command guest --timeout 30 \'{"execute":"guest-get-osinfo"}\'',
      'qemu-agent-command guest \'{"execute":"nosuch"}\'',
      "qemu-agent-command guest 'no JSON'",
    );
    const { stdout } = await guest.runAttached(['qemu-monitor-command', 'guest', '--json', 'query-status']);
    expect(JSON.parse(stdout)).toMatchObject({ return: { status: 'running' } });
  });

  test('a descriptor is handed to QEMU', async () => {
    const add = [
      'qemu-monitor-command',
      'guest',
      '--pass-fds',
      '0',
      '--return-value',
      'add-fd',
      '"fdset-id":77',
    ];
    expect(JSON.parse((await guest.runAttached(add)).stdout)).toMatchObject({ 'fdset-id': 77 });
    await likeVirsh('qemu-monitor-command guest --pass-fds x query-status');
  });

  test('virtual CPUs are counted, described and switched off in the guest', async () => {
    await likeVirsh('vcpucount guest', 'vcpucount guest --guest', 'setvcpus guest 3 --guest');
    await guest.runAttached(['setvcpus', 'guest', '1', '--guest']);
    expect(await likeVirsh('vcpucount guest --guest')).toBe('1\n\n');
    await guest.runAttached(['setvcpus', 'guest', '2', '--guest']);
    const { stdout } = await guest.runAttached(['vcpuinfo', 'guest', '--pretty']);
    const each = (vcpu: number): string =>
      `VCPU:           ${vcpu}\nCPU:            \\d+\nState:          running\nCPU time:       \\d+\\.\\ds\nCPU Affinity:   [-,\\d]+ \\(out of \\d+\\)\n\n`;
    expect(stdout).toMatch(new RegExp(`^${each(0)}${each(1)}$`));
    const json = await guest.runAttached(['vcpuinfo', 'guest', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject([{ vcpu: 0, state: 'running' }, { vcpu: 1 }]);
  });

  test('a picture of the screen is stored', async () => {
    const file = inFolder('screen');
    const { stdout } = await guest.runAttached(['screenshot', 'guest', file]);
    expect(stdout).toMatch(/^Screenshot saved to .*\/screen, with type of image\/(x-portable-pixmap|png)\n$/);
    const picture = readFileSync(file);
    if (stdout.includes('png')) expect(picture.subarray(1, 4).toString()).toBe('PNG');
    else expect(picture.toString('latin1')).toMatch(/^P6\n\d+ \d+\n255\n/);
    rmSync(file);
    await likeVirsh(`screenshot guest ${file} --screen 7`);
    expect(existsSync(file)).toBe(false);
  });

  test('keys and a non-maskable interrupt are sent', async () => {
    await likeVirsh(
      'send-key guest KEY_A KEY_LEFTSHIFT',
      'send-key guest --codeset win32 VK_A',
      'send-key guest KEY_UNKNOWN',
      'inject-nmi guest',
    );
  });
});

describe('an interrupted save or dump', () => {
  let embed: Embed;
  let guest: TinyGuest;

  beforeAll(async () => {
    embed = await Embed.create();
    guest = await embed.start({ name: 'busy', memory: 768, dirty: 300 });
    // The rewriting of memory has begun, so that there is something to save.
    while ((await guest.nextCounter()) < 20);
  });

  afterAll(() => embed?.dispose());

  const file = (): string => join(guest.folder, 'given-up');

  /** Runs a command and interrupts it once it has written something. */
  const interrupted = async (...words: string[]) => {
    for (let left = 3; ; left--) {
      // What another attempt has left would be taken for the beginning of this one.
      rmSync(file(), { force: true });
      const result = await interruptedOnce(words);
      // On a busy machine it may be through before that is seen.
      const through = result.code === 0 && result.stderr === '';
      if (!through || left === 0) return result;
      if (words[0] === 'save') await embed.run([`restore '${file()}'`]);
    }
  };

  const interruptedOnce = async (words: string[]) => {
    let timer: NodeJS.Timeout | undefined;
    const result = await guest.runAttached(words, {
      started: (child) => {
        timer = setInterval(() => {
          if (!existsSync(file()) || statSync(file()).size < 1_000_000) return;
          clearInterval(timer);
          child.kill('SIGINT');
        }, 5);
      },
    });
    clearInterval(timer);
    return result;
  };

  const expectRunning = async (): Promise<void> => {
    expect((await guest.runAttached(['domstate', 'busy'])).stdout).toBe('running\n\n');
    const counter = await guest.nextCounter();
    expect(await guest.nextCounter()).toBeGreaterThan(counter);
    expect(guest.serial.text()).not.toMatch(/^mismatch/m);
  };

  test.each(['save', 'dump'])('%s leaves the guest as it was and no file', async (command) => {
    const before = readdirSync(guest.folder).sort();
    const result = await interrupted(command, 'busy', file());
    expect(result).toMatchObject({ code: 130, signal: null, stderr: 'error: interrupted\n' });
    expect(readdirSync(guest.folder).sort()).toEqual(before);
    await expectRunning();
  });

  test('a dump that QEMU cannot stop is carried to its end, which is told', async () => {
    const result = await interrupted('dump', 'busy', file(), '--memory-only', '--format', 'kdump-zlib');
    expect(result).toMatchObject({
      code: 0,
      stdout: `\nDomain 'busy' dumped to ${file()}\n\n`,
      stderr: 'a memory-only dump cannot be stopped halfway; waiting for its end\n',
    });
    rmSync(file());
    await expectRunning();
  });
});
