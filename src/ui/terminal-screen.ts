import { EventEmitter } from 'node:events';
import type { WriteStream } from 'node:tty';
import { displayWidth } from '../editor/index.js';

const CSI = '\x1b[';
/** Synchronized output (DEC private mode 2026): the terminal shows what is between as one. */
const BEGIN = `${CSI}?2026h`;
const END = `${CSI}?2026l`;
const HIDE_CURSOR = `${CSI}?25l`;
const SHOW_CURSOR = `${CSI}?25h`;

/** Cursor movements and erasures at the beginning of a text; not colours, which belong to what follows. */
const CONTROLS = /^(?:\x1b\[[\d;?]*[A-HJKhl]|\r)*/;
const TRAILING_CONTROLS = /(?:\x1b\[[\d;?]*[A-HJKhl])*$/;
const COLOURS = /\x1b\[[\d;:]*m/g;

/** Where the cursor stands in what is painted, counted from below. */
export interface CursorPlace {
  /** Rows of the painted part that are below the cursor. */
  readonly rowsBelow: number;
  readonly column: number;
}

/** What was painted before there was a screen, and where the cursor is in it. */
export interface Standing {
  /** Its last row has no end. */
  readonly frame: string;
  readonly cursor: CursorPlace;
}

/**
 * The terminal as Ink sees it. All that is painted in one turn goes out as one write, so that nothing half done
 * is ever seen, with the cursor where the user types. Text for the scrollback goes in above what is painted.
 */
export class TerminalScreen extends EventEmitter {
  readonly isTTY = true;
  readonly #terminal: WriteStream;
  readonly #reflows: boolean;
  #buffer = '';
  #scheduled = false;
  /** What is painted, as Ink wrote it last; undefined when nothing is. */
  #frame: string | undefined;
  #cursor: CursorPlace | undefined;
  /** Rows from the cursor down to where Ink believes it to be. */
  #depth = 0;
  #cursorMoved = false;
  #columns: number;
  /** Ink doesn't know of the frame that is painted, and won't erase it. */
  #foreign: boolean;

  /**
   * @param reflows whether this terminal breaks lines anew when its width changes.
   * @param standing what the first frame takes the place of.
   */
  constructor(terminal: WriteStream, reflows: boolean, standing?: Standing) {
    super();
    this.#terminal = terminal;
    this.#reflows = reflows;
    this.#columns = this.columns;
    this.#frame = standing?.frame;
    this.#cursor = standing?.cursor;
    this.#foreign = standing !== undefined;
    terminal.on('resize', this.#onResize);
  }

  get columns(): number {
    return this.#terminal.columns || 80;
  }

  get rows(): number {
    return this.#terminal.rows || 24;
  }

  /** For Ink. */
  write(data: string): boolean {
    if (data === BEGIN || data === END || data === '') return true;
    const text = data.replace(CONTROLS, '');
    if (text !== '' && this.#foreign) {
      this.#buffer += this.#erased();
      this.#foreign = false;
    }
    this.#buffer += data;
    if (text !== '') this.#frame = text.replace(TRAILING_CONTROLS, '');
    this.#schedule();
    return true;
  }

  /** Where the cursor belongs from the next paint on. */
  placeCursor(place: CursorPlace | undefined): void {
    if (place?.rowsBelow === this.#cursor?.rowsBelow && place?.column === this.#cursor?.column) return;
    this.#cursor = place;
    this.#cursorMoved = true;
    this.#schedule();
  }

  /** Writes whole lines above what is painted. They must end in a line feed. */
  writeAbove(lines: string): void {
    if (lines === '') return;
    if (this.#frame === undefined) {
      this.flush();
      this.#terminal.write(lines);
      return;
    }
    this.#buffer += this.#erased() + lines + this.#frame;
    this.#schedule();
  }

  /** Control sequences that move nothing: modes, titles, the bell. */
  control(sequence: string): void {
    this.flush();
    this.#terminal.write(sequence);
  }

  /** Clears the whole screen; what is painted moves to the top. */
  clear(): void {
    this.#buffer += `${CSI}H${CSI}2J${this.#frame ?? ''}`;
    this.flush(true);
  }

  /** Takes what is painted off the screen for good. Ink must be gone, or be told to begin anew. */
  erase(): void {
    if (this.#frame === undefined) return;
    this.#buffer += this.#erased();
    this.#frame = undefined;
    this.#cursor = undefined;
    this.flush();
    this.#terminal.write(SHOW_CURSOR);
  }

  close(): void {
    this.flush();
    this.#terminal.off('resize', this.#onResize);
  }

  /** @param anew the cursor is at no place we know, and what is in the buffer begins with going to one. */
  flush(anew = false): void {
    this.#scheduled = false;
    if (this.#buffer === '' && !this.#cursorMoved) return;
    const back = this.#depth > 0 && !anew ? `${CSI}${this.#depth}B\r` : '\r';
    let end = '';
    this.#depth = 0;
    if (this.#cursor && this.#frame !== undefined) {
      // Ink's frames end with a line feed, unless they fill the screen or are for a screen reader.
      const wanted = this.#cursor.rowsBelow + (this.#frame.endsWith('\n') ? 1 : 0);
      // A frame may come before the place that belongs to it, and be lower: the terminal stops at its top row, and
      // the way back would be longer than the way up was.
      this.#depth = Math.min(wanted, this.#frame.split('\n').length - 1);
      const up = this.#depth > 0 ? `${CSI}${this.#depth}A` : '';
      end = `${up}${CSI}${this.#cursor.column + 1}G${SHOW_CURSOR}`;
    }
    this.#terminal.write(`${BEGIN}${HIDE_CURSOR}${back}${this.#buffer}${end}${END}`);
    this.#buffer = '';
    this.#cursorMoved = false;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      if (this.#scheduled) this.flush();
    });
  }

  /**
   * From where Ink believes the cursor to be to the first row of what is painted, all rows erased. One by one: some
   * terminals keep in their scrollback what is erased from the top of the screen to its end.
   */
  #erased(): string {
    if (this.#frame === undefined) return '';
    const rows = this.#frame.split('\n').length - 1;
    return `\r${CSI}2K${`${CSI}1A${CSI}2K`.repeat(rows)}`;
  }

  /**
   * A terminal that got narrower has broken our rows anew, which Ink doesn't reckon with: they are erased here,
   * and Ink's own erasure is dropped.
   */
  readonly #onResize = (): void => {
    const narrower = this.columns < this.#columns;
    const frame = this.#frame;
    if (narrower && frame !== undefined) {
      this.flush();
      const rows = frame.replace(COLOURS, '').split('\n');
      if (rows.at(-1) === '') rows.pop();
      const height = (row: string): number =>
        this.#reflows ? Math.max(1, Math.ceil(displayWidth(row) / this.columns)) : 1;
      const sum = (some: readonly string[]): number => some.reduce((total, row) => total + height(row), 0);
      const cursorRow = Math.max(0, rows.length - 1 - (this.#cursor?.rowsBelow ?? -1));
      const within = this.#reflows && this.#cursor ? Math.floor(this.#cursor.column / this.columns) : 0;
      const up = sum(rows.slice(0, cursorRow)) + within;
      const all = sum(rows);
      const erase = `${CSI}2K${`${CSI}1B${CSI}2K`.repeat(all - 1)}${all > 1 ? `${CSI}${all - 1}A` : ''}`;
      this.#terminal.write(`\r${up > 0 ? `${CSI}${up}A` : ''}${erase}`);
      this.#depth = 0;
      this.#frame = undefined;
    }
    this.#columns = this.columns;
    this.emit('resize');
    if (narrower && frame !== undefined) {
      this.#buffer = this.#buffer.replace(CONTROLS, '');
    }
  };
}

/** xterm itself and the Linux console cut lines when they get narrower; what came later breaks them anew. */
export const reflows = (environment: NodeJS.ProcessEnv): boolean =>
  environment.XTERM_VERSION === undefined && environment.TERM !== 'linux';
