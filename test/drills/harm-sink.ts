import { setTimeout as delay } from 'node:timers/promises';
import { complaintsAbout } from './command.js';
import type { GuestDrill } from './drill.js';
import { examine } from './examine.js';
import { streamed } from './operations.js';

const STREAM_MS = 1500;
const STOPPED_MS = 10_000;

/** SIGKILL of the process that receives memory: the snapshot fails with a reason, or was whole before. */
export const killSink: GuestDrill = {
  name: 'kill sink',
  usual: 50,
  needsGuest: true,
  async run(world, random) {
    const operation = random.pick(streamed);
    const { name, command } = world.begin(operation);
    const record = await world.untilJournal(command, ({ memory }) => (memory?.sink ?? null) !== null);
    const wait = random.between(0, STREAM_MS);
    await Promise.race([delay(wait), command.ended]);
    const hit = signal(record?.memory?.sink?.pid, 'SIGKILL');
    const result = await command.within(120_000);
    const findings = [...complaintsAbout(result), ...(await examine(world))];
    const at = hit ? `sink killed ${Math.round(wait)} ms in` : 'the sink was through';
    return { what: `${operation} ${name}: ${at}, ended with ${result.status}`, findings };
  },
};

/** SIGSTOP of the sink for ten seconds: the snapshot takes longer, and is taken. */
export const stopSink: GuestDrill = {
  name: 'stop sink',
  usual: 6,
  needsGuest: true,
  async run(world, random) {
    const operation = random.pick(streamed);
    const { name, command } = world.begin(operation);
    const record = await world.untilJournal(command, ({ memory }) => (memory?.sink ?? null) !== null);
    await Promise.race([delay(random.between(0, STREAM_MS / 2)), command.ended]);
    const pid = record?.memory?.sink?.pid;
    const hit = signal(pid, 'SIGSTOP');
    await delay(STOPPED_MS);
    signal(pid, 'SIGCONT');
    const result = await command.within(120_000);
    const findings = await examine(world);
    if (result.status !== 0) findings.push(`it ended with ${result.status}: ${result.stderr}`);
    return { what: `${operation} ${name}: ${hit ? 'sink stopped' : 'the sink was through'}`, findings };
  },
};

/** @returns whether there was such a process. */
function signal(pid: number | undefined, name: NodeJS.Signals): boolean {
  try {
    return pid !== undefined && process.kill(pid, name);
  } catch {
    return false;
  }
}
