import { readdirSync, readFileSync } from 'node:fs';

const PERIOD_MS = 10;
const TICK_MS = 10; // USER_HZ is 100 on every Linux that Node runs on
const PAGE_BYTES = 4096;

/**
 * What a program and all that it starts cost: looks at them in /proc every 10 ms until all have ended, the helpers that
 * outlive it included. What they use after the last look is missed; memory is what is resident, pages that several of
 * them share counted for each.
 */
export class ProcessCost {
  #cpu = new Map();
  #peak = 0;
  #known = new Set();
  #qemus = new Set();
  #timer;

  /** @param {number} pid */
  constructor(pid) {
    this.#known.add(pid);
    this.#timer = setInterval(() => this.#look(), PERIOD_MS);
  }

  /** @returns {Promise<{cpuMs: number, peakMiB: number}>} when all have ended, or after 3 s */
  async end() {
    for (let waited = 0; this.#known.size > 0 && waited < 3000; waited += PERIOD_MS) {
      await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
    }
    clearInterval(this.#timer);
    const cpuMs = [...this.#cpu.values()].reduce((sum, ticks) => sum + ticks, 0) * TICK_MS;
    return { cpuMs, peakMiB: this.#peak / 2 ** 20 };
  }

  #look() {
    let resident = 0;
    for (const pid of this.#known) {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        // It was ours when it was forked, and is a guest of its own now.
        if (stat.includes('(qemu-system')) {
          this.#qemus.add(pid);
          this.#known.delete(pid);
          this.#cpu.delete(pid);
          continue;
        }
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        this.#cpu.set(pid, Number(fields[11]) + Number(fields[12]));
        resident += Number(fields[21]) * PAGE_BYTES;
        for (const thread of readdirSync(`/proc/${pid}/task`)) {
          const children = readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').trim();
          for (const child of children === '' ? [] : children.split(' ')) this.#adopt(Number(child));
        }
        if (fields[0] === 'Z') this.#known.delete(pid);
      } catch {
        this.#known.delete(pid);
      }
    }
    this.#peak = Math.max(this.#peak, resident);
  }

  #adopt(pid) {
    if (!this.#cpu.has(pid) && !this.#qemus.has(pid)) this.#known.add(pid);
  }
}
