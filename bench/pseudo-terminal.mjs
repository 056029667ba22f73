// A pseudo terminal and a program in it, without a screen around it: for measuring what a terminal emulator would add to.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import koffi from 'koffi';

const O_RDWR = 2;
const O_NOCTTY = 0o400;
/** Else the program would hold its own terminal open when we are gone. */
const O_CLOEXEC = 0o2000000;
const TIOCSWINSZ = 0x5414;

const libc = koffi.load('libc.so.6');
const posixOpenpt = libc.func('int posix_openpt(int flags)');
const grantpt = libc.func('int grantpt(int fd)');
const unlockpt = libc.func('int unlockpt(int fd)');
const ptsname = libc.func('const char *ptsname(int fd)');
const ioctl = libc.func('int ioctl(int fd, unsigned long request, void *argument)');

export class PseudoTerminal {
  #master;
  #child;
  #stream;
  #listeners = new Set();
  /** Settles when it has ended. */
  gone;
  /** All that the program has written, without what was dropped. */
  text = '';

  constructor(command, { columns = 100, rows = 30, env = process.env } = {}) {
    this.#master = posixOpenpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (this.#master < 0 || grantpt(this.#master) !== 0 || unlockpt(this.#master) !== 0) {
      throw new Error('no pseudo terminal to be had');
    }
    ioctl(this.#master, TIOCSWINSZ, Buffer.from(new Uint16Array([rows, columns, 0, 0]).buffer));
    const slave = openSync(ptsname(this.#master), O_RDWR | O_NOCTTY);
    this.begun = performance.now();
    // setsid -c makes it the program's controlling terminal.
    this.#child = spawn('setsid', ['-c', '-w', ...command], { stdio: [slave, slave, slave], env });
    closeSync(slave);
    this.gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#stream = new ReadStream(this.#master);
    this.#stream.setEncoding('utf8');
    this.#stream.on('data', (chunk) => {
      const at = performance.now();
      this.text += chunk;
      for (const listener of this.#listeners) listener(at);
    });
    this.#stream.on('error', () => undefined);
  }

  write(text) {
    writeSync(this.#master, text);
  }

  /** Leaves what the program writes unread, until `read`. */
  stall() {
    this.#stream.pause();
  }

  read() {
    this.#stream.resume();
  }

  /** Forgets what was written so far, so that long runs stay small. */
  drop() {
    this.text = '';
  }

  /** Waits until what was written passes a test. @returns when the last of it came. */
  until(passes, patience = 20_000) {
    return new Promise((resolve, reject) => {
      const finish = (settle, value) => {
        clearTimeout(timer);
        this.#listeners.delete(look);
        settle(value);
      };
      const timer = setTimeout(
        () => finish(reject, new Error(`never came; but: ${JSON.stringify(this.text.slice(-2000))}`)),
        patience,
      );
      const look = (at) => {
        if (passes(this.text)) finish(resolve, at);
      };
      this.#listeners.add(look);
      look(performance.now());
    });
  }

  /** Ends the program. */
  async close() {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL');
      // The program itself hears that its terminal is gone.
      this.#stream.destroy();
      await this.gone;
    } else this.#stream.destroy();
  }

  /** Resident memory of the program in MiB. */
  memory() {
    const children = readFileSync(`/proc/${this.#child.pid}/task/${this.#child.pid}/children`, 'utf8').trim();
    const status = readFileSync(`/proc/${children.split(' ')[0] || this.#child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1024;
  }
}
