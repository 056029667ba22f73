import type { JobInfo } from '../hypervisor/index.js';
import type { Context } from './context.js';

/** The line that `--verbose` keeps up to date on standard error, in virsh's form: `Save: [ 42 %]`. */
export class JobProgress {
  readonly #context: Context;
  readonly #label: string;

  constructor(context: Context, label: string) {
    this.#context = context;
    this.#label = label;
  }

  /** Shows how far a job is; says nothing while the hypervisor can't tell. */
  report({ dataTotal, dataRemaining }: Pick<JobInfo, 'dataTotal' | 'dataRemaining'>): void {
    if (dataTotal > 0n) this.reportAmounts(dataRemaining, dataTotal);
  }

  /** The same for a job that tells amounts of whatever it counts; nothing remaining is complete. */
  reportAmounts(remaining: bigint, total: bigint): void {
    const percent = 100 - (Number(remaining) * 100) / Number(total);
    // A job with something left to do is never shown as complete.
    this.#show(remaining === 0n ? 100 : Math.min(Math.trunc(percent), 99));
  }

  /** The operation has succeeded. */
  done(): void {
    this.#show(100);
  }

  #show(percent: number): void {
    const text = String(percent).padStart(3);
    this.#context.output.streams.stderr.write(`\r${this.#label}: [${text} %]`);
  }
}
