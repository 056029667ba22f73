import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { helperProgram } from './helper-program.js';
import { identifyProcess, type ProcessIdentity } from './process-identity.js';

const START_DEADLINE_MS = 10_000;

/**
 * A process that watches over an operation: if we die, it reads the journal and mends. It is told so by the end of
 * a pipe, which the kernel closes whatever kills us.
 */
export class Guardian {
  readonly process: ProcessIdentity;
  readonly #child: ChildProcess;

  private constructor(process: ProcessIdentity, child: ChildProcess) {
    this.process = process;
    this.#child = child;
  }

  /**
   * @param folder the domain's state folder, where the journal is.
   * @param program the one that knows how to reach the domain.
   */
  static async start(
    folder: string,
    signal: AbortSignal,
    program: 'snapshot-guardian' | 'libvirt-guardian' = 'snapshot-guardian',
  ): Promise<Guardian> {
    const child = spawn(process.execPath, [helperProgram(program), folder], {
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
      cwd: '/',
    });
    child.stdin?.on('error', () => undefined);
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    try {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(START_DEADLINE_MS)]);
      await Promise.race([
        once(lines, 'line', { signal: deadline }),
        once(child, 'exit', { signal: deadline }).then(() => {
          throw new Error('the guardian process did not start');
        }),
      ]);
    } finally {
      lines.close();
      child.stdout?.destroy();
    }
    const identity = child.pid === undefined ? undefined : await identifyProcess(child.pid);
    if (!identity) throw new Error('the guardian process did not start');
    child.unref();
    return new Guardian(identity, child);
  }

  /** All is well: the guardian goes. */
  dismiss(): void {
    this.#child.stdin?.end('goodbye\n');
  }

  /** We can't mend by ourselves: the guardian does it now. */
  abandon(): void {
    this.#child.stdin?.end();
  }
}
