import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { buildGuest } from '../guest/build.mjs';
import { domainXml } from './domain-xml.mjs';
import { createEmbedRoot, destroyEmbedRoot, embedUri, sweepAbandonedRoots } from './embed-root.mjs';
import { runToEnd } from './run-to-end.mjs';
import { SerialLog } from './serial-log.mjs';

const run = promisify(execFile);

/**
 * The built command-line program. The variable SNAPCTL_TEST_TOOL=virsh has the real virsh run in its place wherever a
 * test does not say which it wants: what fails with both is not snapctl's fault.
 */
export const snapctl = fileURLToPath(new URL('../../dist/snapctl.js', import.meta.url));

/**
 * A private libvirt with tiny guests in it: real QEMU, real snapshots, no daemon.
 *
 * Only one process at a time may have a root open, so all runs on one Embed wait for each other; an interrupted run
 * holds up the ones after it for as long as it lives. Two Embeds are independent.
 */
export class Embed {
  #queue = Promise.resolve();
  #destroy = () => destroyEmbedRoot(this.folder);

  /** Use Embed.create. */
  constructor(folder, guestFiles) {
    this.folder = folder;
    this.guestFiles = guestFiles;
    this.uri = embedUri(folder);
    /** What every run's environment has: the embedded driver would log to standard error. */
    this.env = {
      LC_ALL: 'C.UTF-8',
      NO_COLOR: '1',
      LIBVIRT_LOG_OUTPUTS: `1:file:${join(folder, 'libvirt.log')}`,
      SNAPCTL_STATE_DIR: join(folder, 'state'),
    };
    process.on('exit', this.#destroy);
  }

  /** Makes an empty root, after removing the roots of processes that died, and builds the guest if need be. */
  static async create({ say } = {}) {
    sweepAbandonedRoots();
    const guestFiles = await buildGuest({ say });
    return new Embed(createEmbedRoot(), guestFiles);
  }

  /**
   * Runs one snapctl (or virsh) on this root and waits for it to end.
   * @param {string[]} words the words after `-c URI`
   * @param {{tool?: 'snapctl'|'virsh', input?: string, env?: NodeJS.ProcessEnv, timeout?: number, signal?: AbortSignal,
   *   detached?: boolean, started?: (child: import('node:child_process').ChildProcess) => void}} [options] input: standard input, by
   *   default at its end; timeout: ms until it is killed; signal: sends SIGINT, as Ctrl-C would; detached: a
   *   terminal's Ctrl-C doesn't reach it; started: is given the running process
   * @returns {Promise<{code: number|null, signal: string|null, stdout: string, stderr: string}>}
   */
  run(words, options = {}) {
    const result = this.#queue.then(() => this.#run(words, options));
    this.#queue = result.catch(() => {});
    return result;
  }

  #run(
    words,
    {
      tool = process.env.SNAPCTL_TEST_TOOL ?? 'snapctl',
      input = '',
      env,
      timeout = 120_000,
      signal,
      detached,
      started,
    },
  ) {
    const [program, ...first] = tool === 'virsh' ? ['virsh'] : [process.execPath, snapctl];
    return runToEnd(program, [...first, '-c', this.uri, ...words], {
      env: { ...this.env, ...env },
      input,
      timeout,
      signal,
      detached,
      // It would start itself again to have them (src/libvirt/embed-cure.ts), which other tests see.
      descriptors: tool !== 'virsh',
      started,
    });
  }

  /** Runs words that must succeed. @returns {Promise<string>} standard output */
  async must(...words) {
    const { code, signal, stdout, stderr } = await this.run(words);
    if (code !== 0) {
      throw new Error(`${words.join(' ')}: ended with ${signal ?? `status ${code}`}\n${stderr}${stdout}`);
    }
    return stdout;
  }

  /**
   * Makes a guest's disks and XML, without telling libvirt.
   * @param {{name?: string, disks?: number, memory?: number, vcpus?: number, dirty?: number, fill?: number|string,
   *   agent?: boolean, channel?: boolean, devices?: string, arguments?: string[], initrd?: string}} [options] disks: how
   *   many, vda and on, each a copy of the data disk of its own; initrd: another one than the guest's; the rest as for
   *   domainXml
   */
  prepare({ name = 'tiny', disks: count = 1, initrd = this.guestFiles.initrd, ...options } = {}) {
    const folder = join(this.folder, name);
    mkdirSync(folder);
    const disks = Array.from({ length: count }, (_, index) => {
      const target = `vd${String.fromCharCode(97 + index)}`;
      const path = join(folder, `${target}.qcow2`);
      copyFileSync(this.guestFiles.dataDisk, path);
      return { target, path };
    });
    const serial = join(folder, 'serial');
    const xml = join(folder, 'domain.xml');
    writeFileSync(xml, domainXml({ ...options, name, guest: { ...this.guestFiles, initrd }, serial, disks }));
    return new TinyGuest(this, { name, folder, disks, xml, serial: new SerialLog(serial) });
  }

  /** Prepares, defines and starts a guest and waits until it is up, with its agent if it has one. */
  async start(options = {}) {
    const guest = this.prepare(options);
    await this.must('define', guest.xml);
    await this.must('start', guest.name);
    await guest.ready();
    return guest;
  }

  /** Ends all guests and removes the root, after the run in progress has ended. */
  async dispose() {
    await this.#queue;
    process.off('exit', this.#destroy);
    this.#destroy();
  }
}

/** One guest of an Embed. Its folder is for the test's files too: it goes with the root. */
export class TinyGuest {
  constructor(embed, { name, folder, disks, xml, serial }) {
    this.embed = embed;
    this.name = name;
    this.folder = folder;
    this.disks = disks;
    this.xml = xml;
    this.serial = serial;
  }

  /** Waits for the guest to say that it is up (and its agent listens), which it says once a boot. */
  async ready({ from = 0, timeout = 60_000 } = {}) {
    await this.serial.waitFor(/^ready/, { from, timeout });
  }

  /** Waits for the next number that the guest writes to its disks. */
  async nextCounter({ timeout = 20_000 } = {}) {
    const [, number] = await this.serial.waitFor(/^counter (\d+)$/, { from: this.serial.end(), timeout });
    return Number(number);
  }

  /**
   * Runs a command in a process that has surely found this guest. Each process that opens the root finds the running
   * guests again in the background, and handles meanwhile what they have sent. Commands that read from the hypervisor
   * wait for that; agent commands do not, and would say that the agent is not connected; `domstate` does not, and would
   * show the state of old. So one that waits goes first, in the same process.
   * @param {string[]} words as for Embed.run; the output of what goes first is taken out of the result
   */
  async runAttached(words, options) {
    const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    const mark = 'attached';
    const result = await this.embed.run([`dommemstat '${this.name}'; echo '${mark}'; ${quoted}`], options);
    const [, stdout = ''] = result.stdout.split(`${mark}\n`);
    return { ...result, stdout };
  }

  /** Asks the guest agent. @returns {Promise<any>} what it returned */
  async agent(execute, args) {
    const command = JSON.stringify(args === undefined ? { execute } : { execute, arguments: args });
    const { code, stdout, stderr } = await this.runAttached(['qemu-agent-command', this.name, command]);
    if (code !== 0) throw new Error(`${execute}: ended with status ${code}\n${stderr}`);
    return JSON.parse(stdout).return;
  }

  /** Waits until a guest that is going down is off, as libvirt sees it. */
  async off({ timeout = 90_000 } = {}) {
    const deadline = Date.now() + timeout;
    for (;;) {
      const { stdout } = await this.runAttached(['domstate', this.name]);
      if (stdout.startsWith('shut off')) return;
      if (Date.now() > deadline)
        throw new Error(`${this.name} is not off after ${timeout} ms but ${stdout.trim()}`);
    }
  }

  /**
   * What a disk's image holds as the guest's file system sees it (the guest should be shut off or frozen).
   * @returns {Promise<string>} e2fsck's report; it throws if the file system has errors
   */
  async checkDisk(path) {
    const raw = join(this.folder, 'checked.raw');
    await run('qemu-img', ['convert', '-U', '-O', 'raw', path, raw]);
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
    const { stdout } = await run('e2fsck', ['-f', '-n', raw], { env });
    return stdout;
  }
}

/** Whether the program that everything here runs has been built. */
export const isBuilt = () => existsSync(snapctl);
