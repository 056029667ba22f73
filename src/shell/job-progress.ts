import type { JobInfo } from '../hypervisor/index.js';
import type { Context } from './context.js';

/** The line that `--verbose` keeps up to date on standard error, in virsh's form: `Save: [42.00 %]`. */
export class JobProgress {
  readonly #context: Context;
  readonly #label: string;

  constructor(context: Context, label: string) {
    this.#context = context;
    this.#label = label;
  }

  /** Shows how far a job is; says nothing while the hypervisor can't tell. */
  report({ dataTotal, dataRemaining }: JobInfo): void {
    if (dataTotal <= 0n) return;
    if (dataRemaining === 0n) {
      this.done();
      return;
    }
    // A job that is still running is never shown as complete.
    const percent = 100 - (Number(dataRemaining) * 100) / Number(dataTotal);
    this.#show(Math.min(percent, 99.99));
  }

  /** The operation has succeeded. */
  done(): void {
    this.#show(100);
  }

  #show(percent: number): void {
    const text = (Math.trunc(percent * 100) / 100).toFixed(2).padStart(5);
    this.#context.output.streams.stderr.write(`\r${this.#label}: [${text} %]`);
  }
}
