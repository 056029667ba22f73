import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGuest } from '../guest/build.mjs';
import { withPrograms } from '../guest/compiled.mjs';
import { kernelArguments } from './domain-xml.mjs';
import { SerialLog } from './serial-log.mjs';
import { maybeWarm, warmState } from './warm-guest.mjs';

/** The QEMU that is installed. */
export function installedQemu() {
  const qemu = 'qemu-system-x86_64';
  const said = execFileSync(qemu, ['--version'], { encoding: 'utf8' });
  return { version: /version (\S+)/.exec(said)?.[1] ?? said, qemu, qemuImg: 'qemu-img', args: [], env: {} };
}

/**
 * The tiny guest under a bare QEMU, no libvirt anywhere: a monitor on a unix socket, the agent's port on another, the
 * console in a file. All of it is in one folder, which goes, with every QEMU that was started on it, at dispose() or
 * when this process ends.
 */
export class BareGuest {
  #process;
  #atExit = () => this.#end();

  /** Use BareGuest.start. */
  constructor({ folder, disks, program, words, child }) {
    this.folder = folder;
    this.monitor = join(folder, 'monitor');
    this.agent = join(folder, 'agent');
    this.serial = new SerialLog(join(folder, 'serial'));
    this.disks = disks;
    this.program = program;
    this.commandLine = [program.qemu, ...words];
    this.#process = child;
    process.on('exit', this.#atExit);
  }

  static async start(options = {}) {
    const { program = installedQemu(), disks: count = 1, memory = 256, signal, user } = options;
    const files = await buildGuest({ say: options.say });
    const compiled = ['atom', 'fill', 'heartbeat'].filter((name) => options[name]);
    const initrd = await withPrograms(files.initrd, compiled);
    const folder = mkdtempSync(join(tmpdir(), 'snapctl-qemu-'));
    const fresh = () =>
      Array.from({ length: count }, (_, index) => {
        const path = join(folder, `disk${index}.qcow2`);
        copyFileSync(files.dataDisk, path);
        return path;
      });
    const disks = options.images ?? fresh();
    for (const path of user ? [folder, ...disks] : []) chownSync(path, user.uid, user.gid);
    const words = [
      ...program.args,
      // It reads its own files, which may be root's alone, before it becomes another.
      ...(user ? runAs(program, `${user.uid}:${user.gid}`) : []),
      ...['-name', 'tiny', '-uuid', 'b6d0b2a0-5bd0-4a3c-9c0e-6d3f1f3f6b11'],
      ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-machine', 'q35', '-m', String(memory)],
      ...['-nodefaults', '-no-user-config', '-display', 'none'],
      ...['-kernel', files.kernel, '-initrd', initrd, '-append', kernelArguments(options)],
      ...['-serial', options.serialLine ?? `file:${join(folder, 'serial')}`],
      ...['-qmp', `unix:${join(folder, 'monitor')},server=on,wait=off`],
      ...disks.flatMap((path, index) => diskArguments(path, index)),
      ...['-device', 'virtio-serial-pci,id=serial0'],
      ...['-chardev', `socket,id=agent0,path=${join(folder, 'agent')},server=on,wait=off`],
      ...['-device', 'virtserialport,bus=serial0.0,chardev=agent0,name=org.qemu.guest_agent.0,id=agentport'],
      ...(options.heartbeat ? heartbeatArguments(join(folder, 'heartbeat')) : []),
      ...(options.observer ? ['-qmp', `unix:${join(folder, 'observer')},server=on,wait=off`] : []),
      ...(options.args ?? []),
    ];
    const boot = () => BareGuest.start({ ...options, warm: false });
    const warm = maybeWarm(options) ? await warmState(program, words, folder, boot) : undefined;
    if (warm) for (const [index, path] of disks.entries()) copyFileSync(warm.disk(index), path);
    const state = warm && openSync(warm.memory);
    const child = spawn(program.qemu, [...words, ...(warm ? ['-incoming', 'fd:3'] : [])], {
      cwd: options.inFolder ? folder : options.cwd,
      env: { ...process.env, ...program.env },
      stdio: ['ignore', 'ignore', 'pipe', ...(warm ? [state] : [])],
      detached: options.detached ?? false,
    });
    if (warm) closeSync(state);
    const guest = new BareGuest({ folder, disks, program, words, child });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const ended = new Promise((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code, by) => reject(new Error(`QEMU ended (${by ?? code}): ${said}`)));
    });
    ended.catch(() => {});
    try {
      await Promise.race([ended, guest.#listening()]);
      if (!options.unready) {
        await Promise.race([
          ended,
          guest.serial.waitFor(warm ? /^counter/ : /^ready/, { timeout: 120_000, signal }),
        ]);
      }
    } catch (error) {
      await guest.dispose();
      throw error;
    }
    return guest;
  }

  get pid() {
    if (this.#process.pid === undefined) throw new Error('QEMU was not started');
    return this.#process.pid;
  }

  get ended() {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  async exited() {
    if (!this.ended) await once(this.#process, 'exit');
  }

  async nextCounter({ timeout = 30_000, signal } = {}) {
    const [, number] = await this.serial.waitFor(/^counter (\d+)$/, {
      from: this.serial.end(),
      timeout,
      signal,
    });
    return Number(number);
  }

  createImage(...words) {
    execFileSync(this.program.qemuImg, ['create', '-q', ...words], {
      env: { ...process.env, ...this.program.env },
    });
  }

  async dispose({ keep = false } = {}) {
    process.off('exit', this.#atExit);
    const gone = this.ended || this.#process.pid === undefined ? undefined : once(this.#process, 'exit');
    this.#end(keep);
    await gone;
  }

  #end(keep = false) {
    this.#process.kill('SIGKILL');
    if (keep) return;
    // Going back to a snapshot puts another QEMU in this one's place.
    for (const pid of qemusOn(this.folder)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {} // it has just ended
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  async #listening() {
    // The sockets are made before QEMU says anything; one that is bound and does not listen yet is listed, too, but
    // without the flag 00010000 (SO_ACCEPTCON).
    const listens = (line) => line.includes(' 00010000 ') && line.endsWith(` ${this.monitor}`);
    while (!existsSync(this.monitor) || !readFileSync('/proc/net/unix', 'utf8').split('\n').some(listens)) {
      if (this.ended) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** The QEMU processes whose command line names something in a folder. */
function qemusOn(folder) {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((entry) => {
      try {
        const words = readFileSync(`/proc/${entry}/cmdline`, 'latin1').split('\0');
        return words[0].includes('qemu-system') && words.some((word) => word.includes(`${folder}/`));
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** QEMU 10 has -run-with in place of -runas. */
const runAs = ({ version }, user) =>
  Number.parseInt(version, 10) < 10 ? ['-runas', user] : ['-run-with', `user=${user}`];

function diskArguments(path, index) {
  const node = `disk${index}`;
  const file = { driver: 'file', 'node-name': `${node}-file`, filename: path };
  return [
    ...['-blockdev', JSON.stringify({ driver: 'qcow2', 'node-name': node, file })],
    ...['-device', `virtio-blk-pci,drive=${node},id=vd${String.fromCharCode(97 + index)}`],
  ];
}

const heartbeatArguments = (path) => [
  ...['-chardev', `socket,id=heartbeat0,path=${path},server=on,wait=off`],
  ...['-device', 'virtserialport,bus=serial0.0,chardev=heartbeat0,name=heartbeat,id=heartbeatport'],
];
