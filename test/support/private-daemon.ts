import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGuest } from '../guest/build.mjs';
import { domainXml } from './domain-xml.mjs';
import { TinyGuest as Guest, type RunOptions, type RunResult, snapctl, type TinyGuest } from './embed.mjs';
import { SerialLog } from './serial-log.mjs';

/** Debian's unprivileged account; libvirtd runs its per-user form for everybody who is not root. */
const NOBODY = 65534;

/**
 * A libvirtd of our own, with all its state below one folder: unlike the embedded driver it serves any number of
 * processes at a time, so that one can watch what another does. It neither sees nor disturbs a libvirtd of the
 * system. Started by root, it runs as nobody, because as root it would be the system's.
 */
export class PrivateDaemon {
  readonly folder: string;
  readonly uri: string;
  readonly #kernel: string;
  readonly #initrd: string;
  readonly #dataDisk: string;
  readonly #owner: number | undefined;
  #daemon: ChildProcess | undefined;
  readonly #cleanUp = (): void => this.#destroy();

  private constructor(folder: string, files: { kernel: string; initrd: string; dataDisk: string }) {
    this.folder = folder;
    this.#owner = process.getuid?.() === 0 ? NOBODY : undefined;
    this.uri = `qemu+unix:///session?socket=${join(folder, 'run', 'libvirt', 'libvirt-sock')}`;
    this.#dataDisk = files.dataDisk;
    this.#kernel = this.#lend(files.kernel, 'kernel');
    this.#initrd = this.#lend(files.initrd, 'initrd');
    process.on('exit', this.#cleanUp);
  }

  static async start(): Promise<PrivateDaemon> {
    const files = await buildGuest({});
    const folder = mkdtempSync(join(tmpdir(), 'snapctl-daemon-'));
    const daemon = new PrivateDaemon(folder, files);
    try {
      await daemon.#start();
    } catch (error) {
      await daemon.stop();
      throw error;
    }
    return daemon;
  }

  async #start(): Promise<void> {
    this.#own(this.folder);
    const folders = ['run', 'config', 'config/libvirt', 'cache', 'data'].map((name) =>
      join(this.folder, name),
    );
    for (const folder of folders) {
      mkdirSync(folder, { mode: 0o700 });
      this.#own(folder);
    }
    writeFileSync(
      join(this.folder, 'config/libvirt/qemu.conf'),
      'stdio_handler = "file"\nsecurity_driver = "none"\n',
    );
    const settings = join(this.folder, 'libvirtd.conf');
    writeFileSync(settings, `log_outputs = "2:file:${join(this.folder, 'data', 'libvirtd.log')}"\n`);
    const ended = { said: '' };
    this.#daemon = spawn(
      '/usr/sbin/libvirtd',
      ['--config', settings, '--pid-file', join(this.folder, 'run/pid')],
      {
        env: {
          PATH: process.env.PATH,
          HOME: join(this.folder, 'data'),
          XDG_RUNTIME_DIR: join(this.folder, 'run'),
          XDG_CONFIG_HOME: join(this.folder, 'config'),
          XDG_CACHE_HOME: join(this.folder, 'cache'),
          XDG_DATA_HOME: join(this.folder, 'data'),
        },
        stdio: ['ignore', 'ignore', 'pipe'],
        cwd: this.folder,
        ...(this.#owner === undefined ? {} : { uid: this.#owner, gid: this.#owner }),
      },
    );
    this.#daemon.stderr?.on('data', (text) => {
      ended.said += text;
    });
    await this.#socket(this.#daemon, ended);
  }

  /** Waits until the daemon listens. */
  #socket(daemon: ChildProcess, ended: { said: string }): Promise<void> {
    const path = join(this.folder, 'run', 'libvirt', 'libvirt-sock');
    return new Promise((resolve, reject) => {
      const watcher = watch(join(this.folder, 'run'), { recursive: true }, () => look());
      const finish = (error?: Error): void => {
        watcher.close();
        clearTimeout(limit);
        clearInterval(again);
        if (error) reject(error);
        else resolve();
      };
      const look = (): void => {
        if (existsSync(path)) finish();
      };
      const again = setInterval(look, 100);
      const limit = setTimeout(() => finish(new Error(`libvirtd does not listen: ${ended.said}`)), 30_000);
      daemon.once('exit', (code) => finish(new Error(`libvirtd ended with ${code}: ${ended.said}`)));
      daemon.once('error', finish);
      look();
    });
  }

  /** Runs one snapctl (or virsh); several may run at a time. */
  run(words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const { tool = 'snapctl', input = '', env, timeout = 60_000, started } = options;
    const [program, first] =
      tool === 'virsh'
        ? ['virsh', [] as string[]]
        : [process.execPath, [process.env.SNAPCTL_TEST_PROGRAM ?? snapctl]];
    return new Promise((resolve, reject) => {
      const child = spawn(program, [...first, '-c', this.uri, ...words], {
        env: { ...process.env, LC_ALL: 'C.UTF-8', NO_COLOR: '1', ...env },
        timeout,
        killSignal: 'SIGKILL',
      });
      const output = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const) {
        child[name].setEncoding('utf8');
        child[name].on('data', (text: string) => {
          output[name] += text;
        });
      }
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code, signal, ...output }));
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
      started?.(child);
    });
  }

  /** Runs words that must succeed. @returns standard output */
  async must(...words: string[]): Promise<string> {
    const { code, signal, stdout, stderr } = await this.run(words);
    if (code !== 0) throw new Error(`${words.join(' ')}: ended with ${signal ?? code}\n${stderr}${stdout}`);
    return stdout;
  }

  /** Defines and starts a guest with `disks` disks of its own, and waits until it is up. */
  async startGuest(
    name: string,
    options: { disks?: number; memory?: number; dirty?: number; channel?: boolean; agent?: boolean } = {},
  ): Promise<TinyGuest> {
    const { disks: count = 1, ...rest } = options;
    const folder = join(this.folder, name);
    mkdirSync(folder);
    const disks = Array.from({ length: count }, (_, index) => {
      const target = `vd${String.fromCharCode(97 + index)}`;
      const path = join(folder, `${target}.qcow2`);
      copyFileSync(this.#dataDisk, path);
      this.#own(path);
      return { target, path };
    });
    const serial = join(folder, 'serial');
    const xml = join(folder, 'domain.xml');
    const kernel = { kernel: this.#kernel, initrd: this.#initrd };
    writeFileSync(xml, domainXml({ ...rest, name, guest: kernel, serial, disks }));
    this.#own(folder);
    const guest = new (Guest as unknown as new (embed: unknown, parts: object) => TinyGuest)(this, {
      name,
      folder,
      disks,
      xml,
      serial: new SerialLog(serial),
    });
    await this.must('define', xml);
    await this.must('start', name);
    await guest.ready();
    return guest;
  }

  /** A folder that the daemon may write to. */
  makeFolder(path: string, mode = 0o755): string {
    mkdirSync(path);
    this.#own(path);
    chmodSync(path, mode);
    return path;
  }

  /** Ends the daemon alone, as a crash would. */
  async kill(): Promise<void> {
    const gone = this.#gone();
    this.#daemon?.kill('SIGKILL');
    await gone;
  }

  /** Ends the guests and the daemon and removes the folder. */
  async stop(): Promise<void> {
    process.off('exit', this.#cleanUp);
    const gone = this.#gone();
    this.#endProcesses();
    await gone;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  async #gone(): Promise<void> {
    const daemon = this.#daemon;
    if (daemon && daemon.exitCode === null && daemon.signalCode === null) await once(daemon, 'exit');
  }

  #destroy(): void {
    this.#endProcesses();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  /** Kills the guests, known by the pid files the daemon keeps and by their command lines, and the daemon. */
  #endProcesses(): void {
    const run = join(this.folder, 'run', 'libvirt', 'qemu', 'run');
    const names = existsSync(run) ? readdirSync(run).filter((name) => name.endsWith('.pid')) : [];
    for (const name of names) {
      const pid = Number(readFileSync(join(run, name), 'utf8'));
      try {
        if (pid > 1 && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(this.folder))
          process.kill(pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
    }
    this.#daemon?.kill('SIGKILL');
  }

  /** A file of the user's where the daemon's account can read it. */
  #lend(path: string, name: string): string {
    const lent = join(this.folder, name);
    copyFileSync(path, lent);
    chmodSync(lent, 0o644);
    return lent;
  }

  #own(path: string): void {
    if (this.#owner !== undefined) chownSync(path, this.#owner, this.#owner);
  }
}

/** Whether the tests can have a daemon here at all. */
export const canRunDaemon = (): boolean => {
  try {
    execFileSync('/usr/sbin/libvirtd', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};
