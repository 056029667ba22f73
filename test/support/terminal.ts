import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { snapctl } from './embed.mjs';

const run = promisify(execFile);

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Run under a shell of its own, for what needs job control or a shell's prompt afterwards. */
  readonly program?: readonly string[];
}

/** How often the screen is looked at, and how long it may take to show something, in ms. */
const LOOK_MS = 30;
const PATIENCE_MS = 15_000;

/**
 * A program in a real terminal: tmux, with a server of its own, which shows what a person would see and sends what
 * their keyboard would. Close it, always.
 */
export class Terminal {
  readonly #folder: string;
  #gone = false;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts the built program with these words. Its cache folder is its own, unless `env` names another. */
  static async open(words: readonly string[], options: TerminalOptions = {}): Promise<Terminal> {
    const { columns = 80, rows = 24, env = {}, program } = options;
    const folder = mkdtempSync(join(tmpdir(), 'snapctl-terminal-'));
    const terminal = new Terminal(folder);
    const settings = { XDG_CACHE_HOME: join(folder, 'cache'), LC_ALL: 'C.UTF-8', ...env };
    const command = program ?? [process.execPath, process.env.SNAPCTL_TEST_PROGRAM ?? snapctl, ...words];
    const commandLine = [
      'env -u TMUX -u CI -u NO_COLOR -u FORCE_COLOR',
      ...Object.entries(settings).map(([name, value]) => quote(`${name}=${value}`)),
      ...command.map(quote),
    ].join(' ');
    // tmux itself loses the status now and then (3.3a: the pane is dead, and no status is told).
    const line = `trap : INT QUIT TERM HUP; ${commandLine}; echo $? >${quote(terminal.#status)}`;
    try {
      await terminal.#tmux(
        ...['start-server', ';', 'set-option', '-g', 'status', 'off', ';'],
        ...[
          'set-option',
          '-g',
          'remain-on-exit',
          'on',
          ';',
          'set-option',
          '-g',
          'history-limit',
          '5000',
          ';',
        ],
        ...['set-option', '-s', 'escape-time', '0', ';'],
        ...['new-session', '-d', '-x', String(columns), '-y', String(rows), line],
      );
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
    return terminal;
  }

  /** Types characters. */
  async type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', text);
  }

  /** Hits keys, by tmux's names: `Enter`, `C-c`, `M-.`, `Up`, `BTab`. */
  async keys(...names: readonly string[]): Promise<void> {
    await this.#tmux('send-keys', ...names);
  }

  /** Pastes, as the mouse would: bracketed if the program has asked for that. */
  async paste(text: string): Promise<void> {
    await this.#tmux('set-buffer', text, ';', 'paste-buffer', '-p', '-r');
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** The rows of the screen, without blanks at their ends. @param history with those that have scrolled away. */
  async rows(history = false): Promise<string[]> {
    const text = await this.#tmux('capture-pane', '-p', ...(history ? ['-S', '-'] : []));
    return text.replace(/\n$/, '').split('\n');
  }

  get #status(): string {
    return join(this.#folder, 'status');
  }

  async screen(history = false): Promise<string> {
    return (await this.rows(history)).join('\n').trimEnd();
  }

  /** The screen with its colours, as escape sequences. */
  async colours(): Promise<string> {
    return this.#tmux('capture-pane', '-p', '-e');
  }

  /** Column and row of the cursor, from 0. */
  async cursor(): Promise<{ column: number; row: number }> {
    const text = await this.#tmux('display-message', '-p', '#{cursor_x} #{cursor_y}');
    const [column = 0, row = 0] = text.trim().split(' ').map(Number);
    return { column, row };
  }

  /** Waits until the cursor is in a column, in a line of this text if one is given. @throws where it was instead. */
  async cursorIn(column: number, line?: string): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const found = await this.cursor();
      const text = (await this.rows())[found.row];
      if (found.column === column && (line === undefined || text === line)) return;
      if (Date.now() > deadline) throw new Error(`The cursor is in column ${found.column} of '${text}'`);
      await delay(LOOK_MS);
    }
  }

  /**
   * Waits until the screen, with what has scrolled away if `history` is set, shows something.
   * @returns the screen then. @throws what it showed instead.
   */
  async shows(
    what: RegExp | ((screen: string) => boolean),
    { patience = PATIENCE_MS, history = false }: { patience?: number; history?: boolean } = {},
  ): Promise<string> {
    const test = typeof what === 'function' ? what : (screen: string): boolean => what.test(screen);
    const deadline = Date.now() + patience;
    for (;;) {
      const screen = await this.screen(history);
      if (test(screen)) return screen;
      if (Date.now() > deadline) throw new Error(`The screen never showed ${what}, but:\n${screen}`);
      await delay(LOOK_MS);
    }
  }

  /** Waits for the program's end. @returns its exit status; 128 and more for a signal. */
  async ended(patience = PATIENCE_MS): Promise<number> {
    const deadline = Date.now() + patience;
    for (;;) {
      const dead = (await this.#tmux('display-message', '-p', '#{pane_dead}')).trim() === '1';
      const status = dead && existsSync(this.#status) ? readFileSync(this.#status, 'utf8') : '';
      if (status.endsWith('\n')) return Number(status);
      if (Date.now() > deadline) throw new Error(`The program goes on:\n${await this.screen()}`);
      await delay(LOOK_MS);
    }
  }

  async close(): Promise<void> {
    if (this.#gone) return;
    this.#gone = true;
    await this.#tmux('kill-server').catch(() => undefined);
    // The program may still be writing its history, and rmSync's own retries don't look for new files.
    for (let left = 50; ; left--) {
      try {
        rmSync(this.#folder, { recursive: true, force: true });
        return;
      } catch (error) {
        if (left === 0 || (error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
      }
      await delay(LOOK_MS);
    }
  }

  async #tmux(...words: readonly string[]): Promise<string> {
    const { TMUX: _, ...env } = process.env;
    const socket = join(this.#folder, 'socket');
    const { stdout } = await run('tmux', ['-u', '-S', socket, '-f', '/dev/null', ...words], { env });
    return stdout;
  }
}

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
