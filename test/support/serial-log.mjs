import { readFileSync, watch } from 'node:fs';

/**
 * The tiny guest's serial console as a growing file: what the guest has said, and waiting for what it will say.
 * Positions are offsets in the file, so that a test can wait for something that is said after an action.
 */
export class SerialLog {
  /** @param {string} path may not exist yet; it is read whole each time, it stays small (some 40 lines a second) */
  constructor(path) {
    this.path = path;
  }

  /** @returns {string} all complete lines since a position */
  text(from = 0) {
    let contents = '';
    try {
      contents = readFileSync(this.path, 'latin1');
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    return contents.slice(from, contents.lastIndexOf('\n') + 1).replaceAll('\r', '');
  }

  /** @returns {number} where the log ends now: what is said from here on is new */
  end() {
    try {
      return readFileSync(this.path).length;
    } catch {
      return 0;
    }
  }

  /** Every number of lines such as "counter 12" or "gap 7 ms", in order. */
  numbers(word, from = 0) {
    return [...this.text(from).matchAll(new RegExp(`^${word} (\\d+)`, 'gm'))].map((match) =>
      Number(match[1]),
    );
  }

  /** The newest number that the guest has written to its disks. */
  counter(from = 0) {
    return this.numbers('counter', from).at(-1);
  }

  /**
   * Waits until the guest says a line.
   * @param {RegExp} pattern matched against each line on its own; with groups for what to take out of it
   * @param {{from?: number, timeout?: number, signal?: AbortSignal}} [options] from: position to look from; timeout: ms
   * @returns {Promise<RegExpExecArray>} the first match
   * @throws {Error} with the last lines said, when the time is over
   */
  waitFor(pattern, { from = 0, timeout = 60_000, signal } = {}) {
    const single = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
    return new Promise((resolve, reject) => {
      let watcher;
      const finish = (settle, value) => {
        watcher?.close();
        clearInterval(timer);
        clearTimeout(deadline);
        signal?.removeEventListener('abort', aborted);
        settle(value);
      };
      const look = () => {
        try {
          // The file may be there only now.
          watcher ??= watch(this.path, look).on('error', () => {});
        } catch {}
        for (const line of this.text(from).split('\n')) {
          const match = single.exec(line);
          if (match) return finish(resolve, match);
        }
      };
      const aborted = () => finish(reject, signal.reason);
      // Notifications end when a file is replaced, so look now and then without one, too.
      const timer = setInterval(look, 100);
      const deadline = setTimeout(() => {
        const tail = this.text().split('\n').slice(-12).join('\n');
        finish(
          reject,
          new Error(`the guest did not say ${pattern} within ${timeout} ms; its last lines:\n${tail}`),
        );
      }, timeout);
      signal?.addEventListener('abort', aborted);
      if (signal?.aborted) aborted();
      else look();
    });
  }
}
