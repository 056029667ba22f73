import { setTimeout as delay } from 'node:timers/promises';
import { CommandFailure } from '../qmp/index.js';
import type { Guest } from './guest.js';
import { isAtLeast } from './guest.js';
import type { Journal } from './journal.js';
import { lostWrites } from './lost-writes.js';
import { acceptsBackground, type MigrationSettings, prepareMigration } from './migration-settings.js';
import { unprotectedDevice } from './unprotected-devices.js';
import type { VcpuLoad } from './vcpu-load.js';

export const methods = ['background', 'precopy', 'stopped'] as const;
export type Method = (typeof methods)[number];

export interface MethodChoice {
  readonly method: Method;
  /** Why this one, for the user. */
  readonly reason: string;
  /** Only as long as the guest stays as it is: another method is there for one that does not. */
  readonly tentative?: boolean;
}

/** The method asked for cannot be used with this guest. */
export class MethodRefused extends Error {
  override readonly name = 'MethodRefused';
}

/** What a unix socket and a file take, in MiB a second; measured 630 to 760 on the slowest machine known. */
const SINK_RATE = 500;
/** Pre-copy's usual pause, and background's by size of memory (4 KiB pages), in ms; measured. */
const PRECOPY_PAUSE = 50;
const BACKGROUND_PAUSE = 10;
const BACKGROUND_PAUSE_PER_GIB = 20;

/**
 * A guest that wants less of a processor than this can hardly change memory faster than pre-copy sends it; with how long it
 * must be looked at to tell, in ms. One that does next to nothing is told sooner.
 */
const CALM = [
  { processors: 0.2, look: 100 },
  { processors: 0.75, look: 200 },
] as const;

/**
 * Chooses how to take memory. Background where it is safe and pauses less; pre-copy otherwise; stopped when the guest
 * need not run on.
 * @param options.load of the guest, if pre-copy is to be taken while it is calm, because that takes half the time.
 * @throws MethodRefused a method was asked for that this guest can't do.
 */
export async function chooseMethod(
  guest: Guest,
  settings: MigrationSettings,
  options: {
    readonly live: boolean;
    readonly running: boolean;
    readonly asked: Method | undefined;
    readonly memorySize: number;
    readonly load?: VcpuLoad | undefined;
    readonly signal: AbortSignal;
  },
): Promise<MethodChoice> {
  const { asked, live, running, memorySize, load, signal } = options;
  if (!running) return { method: 'stopped', reason: 'the guest does not run' };
  if (asked === 'stopped' || (!live && asked === undefined)) {
    return {
      method: 'stopped',
      reason: asked ? 'asked for' : 'without --live the guest is stopped throughout',
    };
  }
  if (asked === 'precopy') return { method: 'precopy', reason: 'asked for' };
  const device = await unprotectedDevice(guest.qmp);
  const obstacle = device && `the guest has a ${device} device`;
  if (asked === 'background') {
    const refusal = obstacle ?? (await acceptsBackground(guest.qmp, settings));
    if (refusal) throw new MethodRefused(`--method background is not possible: ${refusal}`);
    return { method: 'background', reason: 'asked for' };
  }
  if (obstacle) return withoutBackground(obstacle);
  const share = load && (await calmShare(load, signal));
  if (share !== undefined) {
    return {
      method: 'precopy',
      reason: `the guest is calm (${Math.round(share * 100)} % of a processor), and this is quickest`,
      tentative: true,
    };
  }
  const { major, minor } = guest.version;
  if (isAtLeast(guest.version, 8, 1))
    return { method: 'background', reason: `QEMU ${major}.${minor} supports it` };
  const lost = await lostWrites(guest);
  if (lost) return { method: 'background', reason: `pre-copy has one pass only, because ${lost}` };
  return compareOnOldQemu(guest, memorySize, signal);
}

/** @returns how much of a processor a calm guest wants; undefined of one that is not, or if that can't be told. */
async function calmShare(load: VcpuLoad, signal: AbortSignal): Promise<number | undefined> {
  for (const { processors, look } of CALM) {
    const share = await load.processors(look, signal);
    if (share === undefined) return undefined;
    if (share < processors) return share;
  }
  return undefined;
}

const withoutBackground = (obstacle: string): MethodChoice => ({
  method: 'precopy',
  reason: `background is not possible: ${obstacle}`,
});

/**
 * Sets QEMU up for a method, when the journal says how it was before. Some time before the guest is stopped: QEMU tries
 * out what a background snapshot needs, on all of the guest's memory, and the guest is held up for 10 to 50 ms.
 * @returns the method: pre-copy if this QEMU turns out not to do the other one.
 */
export async function prepareMethod(
  guest: Guest,
  journal: Journal,
  settings: MigrationSettings,
  choice: MethodChoice,
): Promise<MethodChoice> {
  if (choice.method !== 'background') return choice;
  try {
    await prepareMigration(guest.qmp, settings, 'background');
    return choice;
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    await journal.update({ method: 'precopy' });
    return withoutBackground(error.message);
  }
}

/**
 * QEMU before 8.1 hangs the guest if the receiver of a background snapshot dies, so pre-copy is taken there where it
 * converges and pauses no longer.
 */
async function compareOnOldQemu(
  guest: Guest,
  memorySize: number,
  signal: AbortSignal,
): Promise<MethodChoice> {
  const background = BACKGROUND_PAUSE + (BACKGROUND_PAUSE_PER_GIB * memorySize) / 2 ** 30;
  if (background < PRECOPY_PAUSE) {
    return {
      method: 'background',
      reason: `about ${Math.round(background)} ms expected, pre-copy about ${PRECOPY_PAUSE} ms`,
    };
  }
  // It takes a second, so only where it decides.
  const rate = await dirtyRate(guest, signal);
  if (rate !== undefined && rate > SINK_RATE / 2) {
    return { method: 'background', reason: `the guest changes ${rate} MiB/s, too much for pre-copy` };
  }
  return {
    method: 'precopy',
    reason: `about ${PRECOPY_PAUSE} ms expected, background about ${Math.round(background)} ms`,
  };
}

/** MiB a second that the guest changes, measured over a second; undefined if QEMU can't tell. */
async function dirtyRate({ qmp }: Guest, signal: AbortSignal): Promise<number | undefined> {
  try {
    await qmp.execute('calc-dirty-rate', { 'calc-time': 1 }, { signal });
    // There is no event for its end.
    for (let waited = 0; waited < 5000; waited += 100) {
      await delay(100, undefined, { signal });
      const measured = await qmp.execute('query-dirty-rate', undefined, { signal });
      if (measured.status === 'measured') return measured['dirty-rate'];
    }
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
  }
  return undefined;
}
