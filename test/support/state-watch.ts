import { type ChildProcess, spawn } from 'node:child_process';
import { snapctl } from './embed.mjs';

/** How often the state is asked for, in ms. */
const INTERVAL = 15;

/** One snapctl that asks for a domain's state again and again, while others work on the domain. */
export class StateWatch {
  readonly #child: ChildProcess;
  readonly #timer: NodeJS.Timeout;
  #said = '';

  private constructor(uri: string, domain: string) {
    const program = process.env.SNAPCTL_TEST_PROGRAM ?? snapctl;
    this.#child = spawn(process.execPath, [program, '-q', '-r', '-c', uri], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
    this.#child.stdin?.on('error', () => undefined);
    this.#timer = setInterval(
      () => this.#child.stdin?.write(`domstate ${domain} --reason\nlist\n`),
      INTERVAL,
    );
  }

  /** Starts watching and waits for the first answer. */
  static async start(uri: string, domain: string): Promise<StateWatch> {
    const watch = new StateWatch(uri, domain);
    while (watch.states().length === 0) await new Promise((resolve) => setTimeout(resolve, INTERVAL));
    return watch;
  }

  /** The states seen so far, each with its reason, in order, repetitions left out. */
  states(): string[] {
    return changes(this.#said.match(/(?:running|paused|shut off|in shutdown) \([^)]*\)/g) ?? []);
  }

  /** The states that `list` has shown so far, repetitions left out. */
  listed(): string[] {
    return changes(
      [...this.#said.matchAll(/^ ?(?:.*# )? ?(?:\d+|-) +\S+ +(\S.*)$/gm)].map((match) => match[1] ?? ''),
    );
  }

  /** Stops and waits until the program has ended. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdin?.end();
    await ended;
  }
}

const changes = (states: readonly string[]): string[] =>
  states.map((state) => state.trim()).filter((state, index, all) => state !== all[index - 1]);
