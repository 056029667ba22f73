import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PseudoTerminal } from '../../bench/pseudo-terminal.mjs';
import { snapctl } from './embed.mjs';

export interface ConsoleSessionOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly tool?: 'snapctl' | 'virsh';
}

/** How a session ended, and the terminal's modes around it as stty tells them. */
export interface SessionEnd {
  /** All that stood on the terminal, from the program. */
  readonly text: string;
  readonly status: number;
  readonly before: string;
  readonly after: string;
}

/** Tells the modes, then runs the program, whose id it notes, and tells how that ended, and the modes again. */
const script = `stty -g; sh -c 'echo $$ >"$0"; exec "$@"' "$PID_FILE" "$@"; echo "[status $?]"; stty -g`;

/** A program on a pseudo-terminal of its own, with every byte that it writes there. Close them all, always. */
export class ConsoleSession {
  static readonly #open = new Set<ConsoleSession>();
  readonly #folder = mkdtempSync(join(tmpdir(), 'snapctl-session-'));
  readonly #terminal: PseudoTerminal;
  /** How much of the text earlier waits have seen. */
  #seen = 0;

  constructor(words: readonly string[], { env = {}, tool = 'snapctl' }: ConsoleSessionOptions = {}) {
    const program = tool === 'virsh' ? ['virsh'] : [process.execPath, snapctl];
    this.#terminal = new PseudoTerminal(['sh', '-c', script, 'sh', ...program, ...words], {
      env: { ...process.env, LC_ALL: 'C.UTF-8', ...env, PID_FILE: this.#pidFile },
    });
    ConsoleSession.#open.add(this);
  }

  get #pidFile(): string {
    return join(this.#folder, 'pid');
  }

  /** Of the program, once it has written something. */
  get pid(): number {
    return existsSync(this.#pidFile) ? Number(readFileSync(this.#pidFile, 'utf8')) : 0;
  }

  get text(): string {
    return this.#terminal.text;
  }

  type(text: string): void {
    this.#terminal.write(text);
  }

  /** Leaves what comes unread for a while, as a terminal does that is stuck. */
  stall(): void {
    this.#terminal.stall();
  }

  read(): void {
    this.#terminal.read();
  }

  /** What has come since the last wait for something. */
  get unseen(): string {
    return this.text.slice(this.#seen);
  }

  /** Waits until so much has come since the last wait for something. */
  async gives(length: number, patience = 20_000): Promise<void> {
    const end = this.#seen + length;
    await this.#terminal.until((text) => text.length >= end, patience);
  }

  /** Waits until something comes after all that was waited for before. @returns what came up to its end. */
  async shows(what: string | RegExp, patience = 20_000): Promise<string> {
    const from = this.#seen;
    const endOf = (text: string): number => {
      if (typeof what === 'string') {
        const at = text.indexOf(what, from);
        return at < 0 ? -1 : at + what.length;
      }
      const match = what.exec(text.slice(from));
      return match ? from + match.index + match[0].length : -1;
    };
    await this.#terminal.until((text) => endOf(text) >= 0, patience);
    this.#seen = endOf(this.text);
    return this.text.slice(from, this.#seen);
  }

  async ended(patience = 20_000): Promise<SessionEnd> {
    const whole = /^([0-9a-f:]+)\r\n([\s\S]*)\[status (\d+)\]\r\n([0-9a-f:]+)\r\n$/;
    await this.#terminal.until((text) => text.includes('[status ') && whole.test(text), patience);
    const [, before = '', text = '', status, after = ''] = whole.exec(this.text) ?? [];
    return { text, status: Number(status), before, after };
  }

  static async closeAll(): Promise<void> {
    for (const session of ConsoleSession.#open) await session.#close();
    ConsoleSession.#open.clear();
  }

  async #close(): Promise<void> {
    await this.#terminal.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
