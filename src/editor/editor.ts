import {
  type Buffer,
  blankWordStart,
  type Cut,
  capitalize,
  changeWord,
  charAfter,
  charBefore,
  cutTo,
  EMPTY,
  insert,
  lineEnd,
  lineStart,
  moveTo,
  otherLine,
  replace,
  transposeChars,
  transposeWords,
  wordEnd,
  wordStart,
} from './buffer.js';
import { type History, HistoryWalk } from './history.js';
import { type ActionName, actionOf } from './keymap.js';
import type { Key } from './keys.js';
import { KillRing } from './kill-ring.js';
import { type Completion, commonInsert, type Menu, select } from './menu.js';
import { HistorySearch, type SearchState } from './search.js';
import { UndoStack } from './undo.js';

/** What a key asks of whoever owns the editor. */
export type Effect =
  | { readonly kind: 'none' }
  /** The line is finished; the editor is empty again. */
  | { readonly kind: 'accept'; readonly line: string }
  /** Candidates are wanted. `narrowing`: for a menu that was open while one typed on. */
  | { readonly kind: 'complete'; readonly narrowing: boolean }
  | { readonly kind: 'interrupt' | 'leave' | 'clear-screen' | 'suspend' | 'toggle-status' | 'bell' };

const NONE: Effect = { kind: 'none' };
const BELL: Effect = { kind: 'bell' };

export interface EditorOptions {
  readonly history: History;
  /** Whether Enter ends this text; otherwise it begins another line of it. */
  readonly isFinished: (text: string) => boolean;
  /** The words of a line, as Alt-. takes the last of them: as typed, with their quotes. */
  readonly wordsOf: (line: string) => readonly string[];
}

/** What the screen shows of an editor. */
export interface EditorView extends Buffer {
  /** How the newest line of the history that begins with this text goes on. */
  readonly suggestion: string;
  readonly search: SearchState | undefined;
  readonly menu: Menu | undefined;
}

/** A line editor: keys in, text out. It does nothing by itself; what it can't do it returns as an effect. */
export class Editor {
  readonly #options: EditorOptions;
  readonly #kills = new KillRing();
  readonly #undo = new UndoStack();
  #buffer: Buffer = EMPTY;
  #walk: HistoryWalk | undefined;
  #search: HistorySearch | undefined;
  #menu: Menu | undefined;
  #last: ActionName | 'insert' | undefined;
  /** Alt-. : how many lines back its word is from, and where in the text it stands. */
  #lastArg: { back: number; start: number } | undefined;
  #yanked = 0;

  constructor(options: EditorOptions) {
    this.#options = options;
  }

  get view(): EditorView {
    const { text, cursor } = this.#buffer;
    const atEnd = cursor === text.length && !this.#search && !this.#menu;
    const suggestion = atEnd ? this.#options.history.suggestion(text) : '';
    return { text, cursor, suggestion, search: this.#search?.state, menu: this.#menu };
  }

  key(key: Key): Effect {
    if (key.kind === 'text') return this.insertText(key.text, true);
    if (key.kind === 'paste') return this.insertText(key.text, false);
    const action = actionOf(key.name);
    return action ? this.act(action) : NONE;
  }

  /** Inserts at the cursor; in a search, adds to what is searched for. */
  insertText(text: string, typed: boolean): Effect {
    if (this.#search) {
      this.#search.setQuery(this.#search.state.query + text.replaceAll('\n', ' '));
      return NONE;
    }
    const completing = this.#menu !== undefined && typed;
    const chosen = this.#menu !== undefined && this.#menu.selected >= 0;
    this.#menu = undefined;
    this.#walk = undefined;
    this.#undo.note(this.#buffer, typed);
    this.#buffer = insert(this.#buffer, text);
    this.#last = 'insert';
    this.#lastArg = undefined;
    // A menu narrows while one types on, unless an entry was chosen: then it has served.
    return completing && !chosen ? { kind: 'complete', narrowing: true } : NONE;
  }

  /** Puts another text in place of the line. */
  setText(text: string): void {
    this.#change({ text, cursor: text.length });
  }

  clear(): void {
    this.#buffer = EMPTY;
    this.#undo.clear();
    this.#walk = undefined;
    this.#search = undefined;
    this.#menu = undefined;
    this.#last = undefined;
  }

  /** Takes an answer to a `complete` effect; one that was asked for another text must not come here. */
  complete({ start, end, entries }: Completion, narrowing: boolean): Effect {
    this.#menu = undefined;
    const [only] = entries;
    if (!only) return narrowing ? NONE : BELL;
    if (narrowing) {
      this.#menu = { start, end, entries, ...this.#buffer, selected: -1 };
      return NONE;
    }
    const common = entries.length === 1 ? only.insert : commonInsert(entries);
    const goesOn =
      common.length > end - start || (entries.length === 1 && common !== this.#buffer.text.slice(start, end));
    if (goesOn) this.#change(replace(this.#buffer, start, end, common));
    if (entries.length > 1) {
      const newEnd = goesOn ? start + common.length : end;
      this.#menu = { start, end: newEnd, entries, ...this.#buffer, selected: -1 };
    }
    return NONE;
  }

  act(action: ActionName): Effect {
    const effect = this.#search ? this.#actInSearch(action) : this.#actOnMenu(action);
    this.#last = action;
    if (action !== 'yank-last-arg') this.#lastArg = undefined;
    this.#undo.rest();
    return effect;
  }

  /** In a search, keys that don't belong to it end it and then do what they always do. */
  #actInSearch(action: ActionName): Effect {
    const search = this.#search as HistorySearch;
    switch (action) {
      case 'search-history-backward':
        search.step(-1);
        return NONE;
      case 'search-history-forward':
        search.step(1);
        return NONE;
      case 'backward-delete-char':
        search.setQuery(
          search.state.query.slice(
            0,
            charBefore({ text: search.state.query, cursor: search.state.query.length }),
          ),
        );
        return NONE;
      case 'cancel':
      case 'interrupt':
        this.#search = undefined;
        return NONE;
      default: {
        const { line, offset } = search.state;
        this.#search = undefined;
        if (line !== undefined)
          this.#change({ text: line, cursor: action === 'accept-line' ? line.length : offset });
        return this.#perform(action);
      }
    }
  }

  #actOnMenu(action: ActionName): Effect {
    const menu = this.#menu;
    if (!menu) return this.#perform(action);
    switch (action) {
      case 'complete':
      case 'down':
        return this.#choose(select(menu, 1));
      case 'complete-backward':
      case 'up':
        return this.#choose(select(menu, -1));
      case 'cancel':
        this.#menu = undefined;
        this.#buffer = { text: menu.text, cursor: menu.cursor };
        return NONE;
      case 'accept-line':
        this.#menu = undefined;
        return menu.selected >= 0 ? NONE : this.#perform(action);
      case 'backward-delete-char':
        this.#menu = undefined;
        this.#perform(action);
        return menu.selected >= 0 ? NONE : { kind: 'complete', narrowing: true };
      default:
        this.#menu = undefined;
        return this.#perform(action);
    }
  }

  /** Shows in the line what an entry would make of it. */
  #choose(menu: Menu): Effect {
    const entry = menu.entries[menu.selected];
    if (!entry) return NONE;
    if (this.#last !== 'complete' || this.#buffer.text === menu.text) this.#undo.note(this.#buffer, false);
    this.#buffer = replace({ text: menu.text, cursor: 0 }, menu.start, menu.end, entry.insert);
    this.#menu = menu;
    return NONE;
  }

  #perform(action: ActionName): Effect {
    const buffer = this.#buffer;
    const move = (cursor: number): Effect => {
      this.#buffer = moveTo(buffer, cursor);
      return NONE;
    };
    const change = (changed: Buffer): Effect => {
      if (changed.text === buffer.text && changed.cursor === buffer.cursor) return BELL;
      return this.#change(changed);
    };
    switch (action) {
      case 'accept-line':
        return this.#accept();
      case 'insert-newline':
        return change(insert(buffer, '\n'));
      case 'interrupt':
        return { kind: action };
      case 'delete-char-or-leave':
        return buffer.text === '' ? { kind: 'leave' } : change(cutTo(buffer, charAfter(buffer)).buffer);
      case 'clear-screen':
      case 'suspend':
      case 'toggle-status':
        return { kind: action };
      case 'complete':
        return { kind: 'complete', narrowing: false };
      case 'complete-backward':
      case 'cancel':
        return NONE;
      case 'beginning-of-line':
        return move(lineStart(buffer));
      case 'end-of-line':
        return this.#onwards(move, lineEnd(buffer), (rest) => rest);
      case 'backward-char':
        return move(charBefore(buffer));
      case 'forward-char':
        return this.#onwards(move, charAfter(buffer), (rest) => rest);
      case 'backward-word':
        return move(wordStart(buffer));
      case 'forward-word':
        return this.#onwards(move, wordEnd(buffer), (rest) =>
          rest.slice(0, wordEnd({ text: rest, cursor: 0 })),
        );
      case 'up':
        return this.#vertical(-1);
      case 'down':
        return this.#vertical(1);
      case 'beginning-of-history':
        return this.#show(this.#options.history.lines[0]);
      case 'end-of-history':
        return this.#show(this.#walk?.prefix);
      case 'search-history-backward':
      case 'search-history-forward':
        this.#search = new HistorySearch(this.#options.history);
        return NONE;
      case 'backward-delete-char':
        return change(cutTo(buffer, charBefore(buffer)).buffer);
      case 'delete-char':
        return change(cutTo(buffer, charAfter(buffer)).buffer);
      case 'kill-line':
        return this.#kill(
          action,
          cutTo(buffer, lineEnd(buffer) === buffer.cursor ? charAfter(buffer) : lineEnd(buffer)),
          'after',
        );
      case 'backward-kill-line':
        return this.#kill(action, cutTo(buffer, lineStart(buffer)), 'before');
      case 'kill-whole-line':
        return this.#kill(action, cutTo(moveTo(buffer, 0), buffer.text.length), 'after');
      case 'kill-word':
        return this.#kill(action, cutTo(buffer, wordEnd(buffer)), 'after');
      case 'backward-kill-word':
        return this.#kill(action, cutTo(buffer, wordStart(buffer)), 'before');
      case 'blank-word-rubout':
        return this.#kill(action, cutTo(buffer, blankWordStart(buffer)), 'before');
      case 'yank':
        return this.#yank(buffer.cursor, this.#kills.current);
      case 'yank-pop':
        if (this.#last !== 'yank' && this.#last !== 'yank-pop') return BELL;
        return this.#yank(buffer.cursor - this.#yanked, this.#kills.rotate());
      case 'yank-last-arg':
        return this.#yankLastArg();
      case 'transpose-chars':
        return change(transposeChars(buffer));
      case 'transpose-words':
        return change(transposeWords(buffer));
      case 'upcase-word':
        return change(changeWord(buffer, (word) => word.toUpperCase()));
      case 'downcase-word':
        return change(changeWord(buffer, (word) => word.toLowerCase()));
      case 'capitalize-word':
        return change(changeWord(buffer, capitalize));
      case 'undo':
        this.#buffer = this.#undo.undo(buffer);
        return NONE;
      case 'redo':
        this.#buffer = this.#undo.redo(buffer);
        return NONE;
    }
  }

  #change(buffer: Buffer): Effect {
    this.#undo.note(this.#buffer, false);
    this.#buffer = buffer;
    this.#walk = undefined;
    return NONE;
  }

  #accept(): Effect {
    const line = this.#buffer.text;
    if (!this.#options.isFinished(line)) {
      return this.#change(insert(moveTo(this.#buffer, line.length), '\n'));
    }
    this.clear();
    return { kind: 'accept', line };
  }

  /** Moves on, or at the end of the line takes (a part of) the suggestion. */
  #onwards(move: (to: number) => Effect, to: number, part: (rest: string) => string): Effect {
    const { suggestion } = this.view;
    if (suggestion === '') return move(to);
    return this.#change(insert(this.#buffer, part(suggestion)));
  }

  /** Through the lines of the text, and beyond them through the history. */
  #vertical(by: 1 | -1): Effect {
    const moved = otherLine(this.#buffer, by);
    if (moved && !this.#walk) {
      this.#buffer = moved;
      return NONE;
    }
    this.#walk ??= new HistoryWalk(this.#options.history, this.#buffer.text);
    return this.#show(this.#walk.step(by));
  }

  /** Shows a line of the history; the walk through it goes on. */
  #show(line: string | undefined): Effect {
    if (line === undefined) return BELL;
    const walk = this.#walk ?? new HistoryWalk(this.#options.history, this.#buffer.text);
    this.#change({ text: line, cursor: line.length });
    this.#walk = walk;
    return NONE;
  }

  #kill(action: ActionName, { buffer, removed }: Cut, side: 'before' | 'after'): Effect {
    if (removed === '') return BELL;
    this.#kills.kill(removed, side, this.#last !== undefined && KILLS.has(this.#last));
    this.#last = action;
    return this.#change(buffer);
  }

  #yank(start: number, text: string): Effect {
    if (text === '') return BELL;
    this.#yanked = text.length;
    return this.#change(replace(this.#buffer, start, this.#buffer.cursor, text));
  }

  /** Inserts the last word of the line before; hit again, that of the one before it in its place. */
  #yankLastArg(): Effect {
    const { lines } = this.#options.history;
    const place = this.#lastArg ?? { back: 0, start: this.#buffer.cursor };
    const line = lines[lines.length - 1 - place.back];
    const word = line === undefined ? undefined : this.#options.wordsOf(line).at(-1);
    if (word === undefined) return BELL;
    this.#change(replace(this.#buffer, place.start, this.#buffer.cursor, word));
    this.#lastArg = { back: place.back + 1, start: place.start };
    return NONE;
  }
}

const KILLS: ReadonlySet<string> = new Set([
  'kill-line',
  'backward-kill-line',
  'kill-whole-line',
  'kill-word',
  'backward-kill-word',
  'blank-word-rubout',
]);
