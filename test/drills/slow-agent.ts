import { renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { complaintsAbout } from './command.js';
import type { GuestDrill } from './drill.js';
import { examine, untilQuiet } from './examine.js';

const moods = ['mute', 'slow', 'cut at the freeze', 'silent after the freeze'] as const;
type Mood = (typeof moods)[number];

/** A guest agent that is mute, slow, or lost in the middle of a freeze. */
export const slowAgent: GuestDrill = {
  name: 'slow agent',
  usual: 12,
  needsGuest: true,
  async run(world, random) {
    const mood = random.pick(moods);
    const path = world.guest.agent;
    const real = `${path}.real`;
    renameSync(path, real);
    const between = new Between(real, mood, random.between(300, 2500));
    await between.listen(path);
    try {
      const { name, command } = world.begin('frozen disks');
      const result = await command.within(120_000);
      const findings = complaintsAbout(result);
      if (mood === 'mute' && (result.status === 0 || result.milliseconds > 20_000)) {
        findings.push(
          `with a mute agent it ended with ${result.status} after ${Math.round(result.milliseconds)} ms`,
        );
      }
      if (mood === 'slow' && result.status !== 0) findings.push(`a slow agent is too slow: ${result.stderr}`);
      // The agent comes back; whoever still waits for it thaws then.
      between.mood = undefined;
      findings.push(...(await untilQuiet(world)));
      await between.close();
      rmSync(path, { force: true });
      renameSync(real, path);
      if (world.hasJournal) await world.run('recover').within(60_000);
      findings.push(...(await examine(world)));
      const what = `${name}: ${mood}, ended with ${result.status} after ${Math.round(result.milliseconds)} ms ${result.stderr.trim()}`;
      return { what, findings };
    } finally {
      await between.close();
    }
  },
};

/** Stands between snapctl and the agent. */
class Between {
  /** Undefined: as if it were not there. */
  mood: Mood | undefined;
  readonly #real: string;
  readonly #lag: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(real: string, mood: Mood, lag: number) {
    this.#real = real;
    this.mood = mood;
    this.#lag = lag;
    this.#server = createServer((near) => this.#serve(near));
  }

  listen(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, resolve);
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(near: Socket): void {
    const far = connect(this.#real);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    let frozen = false;
    near.on('data', async (chunk) => {
      if (this.mood === 'mute') return;
      if (this.mood === 'slow') await delay(this.#lag);
      if (chunk.includes('guest-fsfreeze-freeze')) frozen = true;
      far.write(chunk);
      if (frozen && this.mood === 'cut at the freeze') {
        await delay(this.#lag);
        near.destroy();
      }
    });
    far.on('data', async (chunk) => {
      if (this.mood === 'mute' || (frozen && this.mood !== undefined && this.mood !== 'slow')) return;
      near.write(chunk);
    });
  }
}
