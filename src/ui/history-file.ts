import {
  appendFileSync,
  chmodSync,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Past this size a file is put aside as the older half; so history takes at most twice this on disk. */
export const HISTORY_BYTES = 1024 * 1024;

/** A lock that is older belongs to a shell that has died, in ms: putting a file aside takes no time. */
const STALE_MS = 10_000;

/** Where the history is kept: `$XDG_CACHE_HOME/snapctl/history`. */
export function historyPath(environment: NodeJS.ProcessEnv): string {
  const cache = environment.XDG_CACHE_HOME;
  // The specification has relative paths ignored.
  return join(cache?.startsWith('/') ? cache : join(homedir(), '.cache'), 'snapctl', 'history');
}

/**
 * The lines of all shells of a user, in two files: the newer one, which every shell appends to line by line, and
 * the older one, which the newer becomes when it has grown. Nobody ever rewrites a file that another appends to,
 * so no line is lost but the oldest. A history that can't be read or written is none: nobody wants to be told of
 * it at every line.
 */
export class HistoryFile {
  readonly #path: string;
  readonly #bytes: number;

  constructor(path: string, bytes = HISTORY_BYTES) {
    this.#path = path;
    this.#bytes = bytes;
  }

  /** All lines, oldest first. */
  read(): string[] {
    return [`${this.#path}.old`, this.#path].flatMap((path) => {
      try {
        return readFileSync(path, 'utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map(decode);
      } catch {
        return [];
      }
    });
  }

  append(line: string): void {
    try {
      mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
      // O_APPEND: what several shells write comes one after the other.
      const descriptor = openSync(this.#path, 'a', 0o600);
      try {
        const { mode, size } = fstatSync(descriptor);
        if ((mode & 0o777) !== 0o600) chmodSync(this.#path, 0o600);
        appendFileSync(descriptor, `${encode(line)}\n`);
        if (size > this.#bytes) this.#putAside();
      } finally {
        closeSync(descriptor);
      }
    } catch {
      // See above.
    }
  }

  /** A shell that has the file open goes on in it under its new name, where it is still read. */
  #putAside(): void {
    const lock = `${this.#path}.lock`;
    try {
      closeSync(openSync(lock, 'wx', 0o600));
    } catch {
      if (Date.now() - statSync(lock).mtimeMs > STALE_MS) rmSync(lock, { force: true });
      return;
    }
    try {
      // Another shell may just have done it.
      if (statSync(this.#path).size > this.#bytes) renameSync(this.#path, `${this.#path}.old`);
    } finally {
      rmSync(lock, { force: true });
    }
  }
}

const encode = (line: string): string => line.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

const decode = (line: string): string => line.replace(/\\(.)/g, (_, char) => (char === 'n' ? '\n' : char));
