import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const NOBODY = 65534;

/** True if there is a libvirtd to run. */
export const daemonInstalled = existsSync('/usr/sbin/libvirtd');

/**
 * A libvirtd of our own in a folder of its own, in session mode, which as root means as nobody: the system's daemon
 * and its folders are not involved. Its test driver is reached straight or through a relay whose connections can be
 * stalled and cut.
 */
export class PrivateDaemon {
  readonly #folder = mkdtempSync(join(tmpdir(), 'snapctl-daemon-'));
  readonly #relayed: Relayed[] = [];
  #process: ChildProcess | null = null;
  #relay: Server | null = null;

  /** Through the relay, which this thread runs: not for calls that block it. */
  get relayedUri(): string {
    return `test+unix:///default?socket=${join(this.#folder, 'relay')}`;
  }

  get uri(): string {
    return `test+unix:///default?socket=${this.#socket}`;
  }

  /** One of its other drivers, such as `storage`. */
  driverUri(driver: string): string {
    return `${driver}+unix:///session?socket=${this.#socket}`;
  }

  /** Starts (or restarts) the daemon and waits until it accepts connections. */
  async start(): Promise<void> {
    const places: Record<string, string> = {
      XDG_RUNTIME_DIR: 'run',
      XDG_CONFIG_HOME: 'config',
      XDG_CACHE_HOME: 'cache',
    };
    const env: NodeJS.ProcessEnv = { PATH: process.env.PATH, HOME: this.#folder };
    const root = process.getuid?.() === 0;
    if (root) chownSync(this.#folder, NOBODY, NOBODY);
    for (const [name, folder] of Object.entries(places)) {
      const path = join(this.#folder, folder);
      env[name] = path;
      mkdirSync(path, { recursive: true, mode: 0o700 });
      if (root) chownSync(path, NOBODY, NOBODY);
    }
    const started = spawn('/usr/sbin/libvirtd', ['--timeout', '120'], {
      env,
      stdio: 'ignore',
      ...(root ? { uid: NOBODY, gid: NOBODY } : {}),
    });
    this.#process = started;
    for (let tries = 0; !(await this.#accepts()); tries += 1) {
      if (tries > 200 || started.exitCode !== null) throw new Error('libvirtd did not start');
      await sleep(50);
    }
    this.#relay ??= await this.#listen();
  }

  async kill(): Promise<void> {
    const daemon = this.#process;
    this.#process = null;
    if (!daemon || daemon.exitCode !== null || daemon.signalCode !== null) return;
    daemon.kill('SIGKILL');
    await once(daemon, 'exit');
  }

  /** Holds back what the daemon answers on connections made so far; new ones work. */
  stall(): void {
    for (const relayed of this.#relayed) relayed.hold();
  }

  /** Lets everything through again, with what was held back. */
  resume(): void {
    for (const relayed of this.#relayed) relayed.letGo();
  }

  /** Breaks the relayed connections, with what was held back. */
  cut(): void {
    for (const relayed of this.#relayed.splice(0)) relayed.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    this.#relay?.close();
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #socket(): string {
    return join(this.#folder, 'run', 'libvirt', 'libvirt-sock');
  }

  async #accepts(): Promise<boolean> {
    const socket = connect(this.#socket);
    try {
      await once(socket, 'connect');
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }

  async #listen(): Promise<Server> {
    const server = createServer((near) => this.#relayed.push(new Relayed(near, connect(this.#socket))));
    server.listen(join(this.#folder, 'relay'));
    await once(server, 'listening');
    return server;
  }
}

class Relayed {
  constructor(
    private readonly near: Socket,
    private readonly far: Socket,
  ) {
    near.pipe(far);
    far.pipe(near);
    for (const socket of [near, far]) {
      socket.on('error', () => this.destroy());
      socket.on('close', () => this.destroy());
    }
  }

  hold(): void {
    this.far.unpipe(this.near);
    this.far.pause();
  }

  letGo(): void {
    this.far.pipe(this.near);
  }

  destroy(): void {
    this.near.destroy();
    this.far.destroy();
  }
}
