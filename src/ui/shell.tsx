import { createElement } from 'react';
import { Editor, type Effect, History, type Key } from '../editor/index.js';
import type { Output, Screen, StatusMode } from '../shell/index.js';
import { App } from './app.js';
import { CommandCompletion } from './command-completion.js';
import { FullScreen } from './full-screen.js';
import { HistoryFile, historyPath } from './history-file.js';
import { LineRunner } from './line-runner.js';
import { isFinished, isForeign, wordsOf } from './line-text.js';
import type { RunningState } from './running-state.js';
import type { ShellOptions } from './shell-options.js';
import { Stage } from './stage.js';
import { openStatusStore, type StatusStore } from './status/status-store.js';
import { paneHeight, StatusPane } from './status-pane.js';
import { TerminalInput } from './terminal-input.js';
import { reflows, TerminalScreen } from './terminal-screen.js';
import type { Theme } from './theme.js';
import { Transcript } from './transcript.js';

/** A second Ctrl-C within this time leaves, in ms. */
const LEAVE_MS = 2000;
const TICK_MS = 500;
/** How long an unanswered Tab may keep us from leaving, in ms. */
const SETTLE_MS = 500;
const HISTORY_LIMIT = 10_000;

/** Signals that end the shell, after the running command has cleaned up. */
const ENDING = { SIGTERM: 143, SIGHUP: 129 } as const;

/** The interactive shell: keys, editor, commands and what is painted, put together. */
export class Shell {
  readonly #options: ShellOptions;
  readonly #screen: TerminalScreen;
  readonly #stage: Stage;
  readonly #input: TerminalInput;
  readonly #transcript: Transcript;
  readonly #output: Output;
  readonly #editor: Editor;
  readonly #history: History;
  readonly #historyFile: HistoryFile;
  readonly #runner: LineRunner;
  readonly #completion: CommandCompletion;
  readonly #fullScreen: FullScreen;
  readonly #theme: Theme;
  readonly #pane: StatusStore;
  readonly #queue: Key[] = [];
  #unfinished = '';
  /** Lines that were printed while a view had the screen. */
  #held = '';
  #running: RunningState | undefined;
  #accepted: ((line: string | undefined) => void) | undefined;
  /** When a running command was last aborted by Ctrl-C. */
  #abortedAt = Number.NEGATIVE_INFINITY;
  #leaving = false;
  /** Keys hit while the answer to a Tab is awaited that are meant for its menu. */
  #completing: Key[] | undefined;
  /** Another program has the terminal. */
  #lent = false;
  #status = 0;

  constructor(options: ShellOptions) {
    this.#options = options;
    const { output } = options;
    this.#screen = new TerminalScreen(process.stdout, reflows(process.env), options.standing);
    this.#stage = new Stage(this.#screen);
    this.#input = new TerminalInput(
      process.stdin,
      (key) => this.#onKey(key),
      () => this.#end(undefined),
    );
    this.#transcript = new Transcript({
      lines: (text) => {
        if (this.#fullScreen.active) this.#held += text;
        else this.#screen.writeAbove(text);
      },
      unfinished: (text) => {
        if (text === this.#unfinished) return;
        this.#unfinished = text;
        this.#paint();
      },
    });
    const stream = () => this.#transcript.stream(() => this.#screen.columns);
    this.#output = output.on({
      stdin: process.stdin,
      stdout: stream(),
      stderr: process.stderr.isTTY ? stream() : process.stderr,
      display: { terminal: process.stdout, release: this.#release, reclaim: this.#reclaim },
    });
    options.session.say(this.#output);
    this.#historyFile = new HistoryFile(historyPath(process.env));
    this.#history = new History(this.#historyFile.read(), HISTORY_LIMIT);
    this.#runner = new LineRunner(options);
    this.#editor = new Editor({ history: this.#history, isFinished, wordsOf });
    this.#completion = new CommandCompletion(options.registry, options.session);
    this.#theme = { color: options.color, spoken: process.env.INK_SCREEN_READER === 'true' };
    this.#pane = openStatusStore({ session: options.session });
    this.#fullScreen = new FullScreen(this.#screen, this.#stage, this.#theme);
  }

  /** Reads and runs lines until the user leaves. @returns the exit status. */
  async run(): Promise<number> {
    const onInterrupt = (): void => this.#interrupt();
    process.on('SIGINT', onInterrupt);
    const onSignal = (name: keyof typeof ENDING) => {
      this.#status = ENDING[name];
      this.#end(name);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGHUP', onSignal);
    this.#screen.on('resize', () => this.#paint());
    this.#input.start();
    this.#screen.control(PASTE_ON);
    if (!this.#options.standing) this.#output.extra(this.#options.banner);
    try {
      while (!this.#leaving && !this.#options.session.ended) {
        const line = await this.#nextLine();
        if (line === undefined) break;
        await this.#runLine(line);
      }
    } finally {
      await this.#completion.settled(AbortSignal.timeout(SETTLE_MS));
      this.#transcript.end();
      this.#stage.empty();
      await this.#pane.close();
      this.#screen.control(PASTE_OFF);
      this.#input.stop();
      this.#screen.close();
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onSignal);
      process.off('SIGHUP', onSignal);
    }
    return this.#status;
  }

  get #prompt(): string {
    return this.#options.session.prompt;
  }

  /** The next line that is entered; undefined when the user leaves. */
  #nextLine(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#accepted = (line) => {
        this.#accepted = undefined;
        resolve(line);
      };
      this.#transcript.flush();
      this.#paint();
      this.#pump();
    });
  }

  async #runLine(line: string): Promise<void> {
    // What was asked takes the prompt's place in the scrollback, as if it had been typed there.
    this.#transcript.write(`${this.#prompt}${line.replaceAll('\n', '\n      ... ')}\n`);
    if (line.trim() === '') return;
    if (this.#history.add(line)) this.#historyFile.append(line);
    const running: RunningState = {
      line,
      abort: new AbortController(),
      since: performance.now(),
      screen: this.#screenFor(() => running),
    };
    this.#running = running;
    // A Ctrl-C that is meant for this one is no second one.
    this.#abortedAt = Number.NEGATIVE_INFINITY;
    const ticks = setInterval(() => this.#paint(), TICK_MS);
    try {
      const { abort, screen } = running;
      await this.#completion.settled(abort.signal);
      if (!abort.signal.aborted) {
        await this.#runner.run(line, { output: this.#output, signal: abort.signal, screen });
      }
    } finally {
      clearInterval(ticks);
      this.#running = undefined;
      this.#transcript.end();
    }
  }

  #screenFor(state: () => RunningState): Screen {
    return {
      show: async (name, props) => {
        this.#transcript.flush();
        try {
          return await this.#fullScreen.show(name, props, state().abort.signal);
        } finally {
          this.#transcript.flush();
          this.#screen.writeAbove(this.#held);
          this.#held = '';
        }
      },
      setStatus: (mode) => this.#setStatus(mode),
      progress: (job) => {
        state().job = job;
        this.#paint();
      },
    };
  }

  #onKey(key: Key): void {
    if (this.#fullScreen.active && !isInterrupt(key)) {
      this.#fullScreen.key(key);
    } else if (this.#running) {
      this.#keyWhileRunning(this.#running, key);
    } else {
      this.#queue.push(key);
      this.#pump();
    }
  }

  /** Keys typed ahead wait; those that are about the running command don't. */
  #keyWhileRunning(running: RunningState, key: Key): void {
    if (isInterrupt(key)) {
      this.#interrupt();
    } else if (running.asking) {
      running.asking = false;
      if (key.kind === 'text' && key.text.toLowerCase() === 'y') {
        this.#leaving = true;
        running.abort.abort();
      }
      this.#paint();
    } else if (key.kind === 'key' && key.name === 'ctrl-d') {
      running.asking = true;
      this.#paint();
    } else {
      this.#queue.push(key);
    }
  }

  /** Gives the editor what was typed, as long as the prompt is there. */
  #pump(): void {
    let visible = !this.#accepted || this.#queue.length === 0;
    while (this.#accepted && this.#queue.length > 0) {
      const key = this.#queue.shift() as Key;
      if (key.kind === 'paste' && key.text.includes('\n')) {
        // Line by line, as if it had been typed: each waits for the one before it to have run.
        const lines = key.text.split('\n').flatMap((text): Key[] => [ENTER, { kind: 'paste', text }]);
        this.#queue.unshift(...lines.slice(1));
        continue;
      }
      if (this.#completing && key.kind === 'key' && MENU_KEYS.has(key.name)) {
        // For the menu that is about to open.
        this.#completing.push(key);
        continue;
      }
      this.#completing = undefined;
      this.#completion.drop();
      const effect = this.#editor.key(key);
      this.#carryOut(effect);
      // A question for candidates shows nothing yet, and painting would hold it up.
      visible ||= effect.kind !== 'complete' || effect.narrowing;
    }
    if (visible) this.#paint();
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'accept':
        this.#accepted?.(effect.line);
        break;
      case 'leave':
        this.#accepted?.(undefined);
        break;
      case 'interrupt':
        this.#interrupt();
        break;
      case 'complete':
        void this.#complete(effect.narrowing);
        break;
      case 'clear-screen':
        this.#screen.clear();
        break;
      case 'suspend':
        this.#release();
        this.#input.stop();
        process.kill(process.pid, 'SIGTSTP');
        this.#input.start();
        this.#reclaim();
        break;
      case 'toggle-status':
        this.#setStatus(this.#pane.getSnapshot().mode === 'off' ? 'on' : 'off');
        break;
      case 'bell':
        this.#screen.control('\x07');
        break;
      default:
        break;
    }
  }

  async #complete(narrowing: boolean): Promise<void> {
    const { text, cursor } = this.#editor.view;
    const later: Key[] = [];
    if (!narrowing) this.#completing = later;
    const found = await this.#completion.ask(text, cursor);
    if (this.#completing === later) this.#completing = undefined;
    if (!found || !this.#accepted) return;
    this.#carryOut(this.#editor.complete(found, narrowing));
    for (const key of later) if (this.#editor.view.menu) this.#carryOut(this.#editor.key(key));
    this.#paint();
  }

  /** Ctrl-C: aborts what runs, and soon after that leaves; at the prompt it drops the line. */
  #interrupt(): void {
    this.#queue.length = 0;
    const running = this.#running;
    // The other program that has the terminal hears it as well, and may make of it what it likes.
    if (running && this.#lent) {
      if (!isForeign(running.line)) running.abort.abort();
      return;
    }
    const again = performance.now() - this.#abortedAt < LEAVE_MS;
    if (again) this.#leaving = true;
    if (running) {
      this.#abortedAt = performance.now();
      running.abort.abort();
    } else {
      this.#transcript.write(`${this.#prompt}${this.#editor.view.text}^C\n`);
      this.#transcript.flush();
      this.#editor.clear();
      if (again) this.#accepted?.(undefined);
    }
    this.#paint();
  }

  /** The terminal is gone, or we were told to go. */
  #end(_reason: string | undefined): void {
    this.#leaving = true;
    this.#running?.abort.abort();
    this.#accepted?.(undefined);
  }

  readonly #release = (): void => {
    this.#lent = true;
    this.#transcript.end();
    this.#stage.empty();
    this.#screen.control(PASTE_OFF);
  };

  readonly #reclaim = (): void => {
    this.#lent = false;
    // If the other program left a line without an end, this comes to stand on the next one.
    this.#screen.control(`\x1b[7m%\x1b[0m${' '.repeat(this.#screen.columns - 1)}\r\x1b[K${PASTE_ON}`);
    this.#show();
  };

  #paint(): void {
    if ((this.#stage.mounted || this.#accepted) && !this.#fullScreen.active) this.#show();
  }

  #show(): void {
    const running = this.#running;
    this.#stage.show(
      createElement(App, {
        prompt: this.#prompt,
        theme: this.#theme,
        columns: this.#screen.columns,
        rows: this.#screen.rows,
        editor: this.#accepted ? this.#editor.view : undefined,
        running: running && {
          unfinished: this.#unfinished,
          seconds: (performance.now() - running.since) / 1000,
          line: running.line,
          job: running.job,
          notice: this.#notice(running),
        },
        pane: (rows) =>
          createElement(StatusPane, {
            store: this.#pane,
            columns: this.#screen.columns,
            rows: Math.min(rows, paneHeight(this.#pane.getSnapshot().mode, this.#screen.rows)),
          }),
        onCursor: (place) => this.#screen.placeCursor(place),
      }),
    );
  }

  #setStatus(mode: StatusMode): void {
    this.#pane.setMode(mode);
    this.#paint();
  }

  #notice(running: RunningState): string | undefined {
    if (running.asking) return 'A command is running. Abort it and leave? [y,n]';
    if (this.#leaving) return 'Aborting; leaving as soon as all is cleaned up';
    return running.abort.signal.aborted ? 'Aborting (Ctrl-C again leaves)' : undefined;
  }
}

const ENTER: Key = { kind: 'key', name: 'enter' };
const MENU_KEYS = new Set(['tab', 'shift-tab']);

const PASTE_ON = '\x1b[?2004h';
const PASTE_OFF = '\x1b[?2004l';

const isInterrupt = (key: Key): boolean => key.kind === 'key' && key.name === 'ctrl-c';
