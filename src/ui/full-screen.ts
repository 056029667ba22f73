import { type ComponentType, createElement } from 'react';
import type { Key } from '../editor/index.js';
import { InterruptedError, type ViewName, type ViewProps, type ViewResult } from '../shell/index.js';
import { KeyContext } from './key-source.js';
import type { Stage } from './stage.js';
import type { TerminalScreen } from './terminal-screen.js';
import { type Theme, ThemeContext } from './theme.js';
import { views } from './views.js';

const ENTER_ALTERNATE = '\x1b[?1049h\x1b[H\x1b[2J';
const LEAVE_ALTERNATE = '\x1b[?1049l';

/** Gives the whole terminal to one view at a time, on the alternate screen, so that the scrollback stays as it is. */
export class FullScreen {
  readonly #screen: TerminalScreen;
  readonly #stage: Stage;
  readonly #theme: Theme;
  readonly #listeners = new Set<(key: Key) => void>();
  #active = false;

  constructor(screen: TerminalScreen, stage: Stage, theme: Theme) {
    this.#screen = screen;
    this.#stage = stage;
    this.#theme = theme;
  }

  /** A view has the terminal: keys are for it, and nobody else paints. */
  get active(): boolean {
    return this.#active;
  }

  key(key: Key): void {
    for (const listener of [...this.#listeners]) listener(key);
  }

  /** @throws InterruptedError; or what the view's module throws. */
  async show<N extends ViewName>(name: N, props: ViewProps<N>, signal: AbortSignal): Promise<ViewResult<N>> {
    const load = views[name] as unknown as () => Promise<ComponentType<Record<string, unknown>>>;
    const component = await load();
    if (signal.aborted) throw new InterruptedError('interrupted');
    this.#stage.empty();
    this.#screen.control(ENTER_ALTERNATE);
    this.#active = true;
    let onResize = (): void => {};
    let onAbort = (): void => {};
    try {
      return await new Promise<ViewResult<N>>((resolve, reject) => {
        const source = { subscribe: (listener: (key: Key) => void) => this.#subscribe(listener) };
        onResize = () => {
          const frame = {
            columns: this.#screen.columns,
            rows: Math.max(1, this.#screen.rows - 1),
            done: resolve,
          };
          const view = createElement(component, { ...(props as object), ...frame });
          this.#stage.show(
            createElement(
              ThemeContext.Provider,
              { value: this.#theme },
              createElement(KeyContext.Provider, { value: source }, view),
            ),
          );
        };
        onAbort = () => reject(new InterruptedError('interrupted'));
        this.#screen.on('resize', onResize);
        signal.addEventListener('abort', onAbort, { once: true });
        onResize();
      });
    } finally {
      this.#screen.off('resize', onResize);
      signal.removeEventListener('abort', onAbort);
      this.#stage.empty();
      this.#screen.control(LEAVE_ALTERNATE);
      this.#active = false;
    }
  }

  #subscribe(listener: (key: Key) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
