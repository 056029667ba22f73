import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { VIR_DOMAIN_SNAPSHOT_CREATE_LIVE } from '../../src/hypervisor/constants.js';
import { connectGuest } from '../../src/snapshot/connect-guest.js';
import type { Method } from '../../src/snapshot/method.js';
import type { SnapshotTaken } from '../../src/snapshot/take.js';
import { BareGuest, type BareGuestOptions, type QemuProgram } from '../support/qemu.js';
import { activeFiles, take } from './engine.js';
import { checkFileSystem } from './file-system.js';
import { explained } from './kernel-trouble.js';
import { type Saved, withRestored } from './restored-guest.js';

/** Two disks, and memory that changes all the time. */
export const load = { disks: 2, dirty: 24, memory: 192, atom: true } as const;

/** How long the restored guest compares; it does so hundreds of times a second. */
const LINES = 5;

/** What a restored guest found when it compared memory and disks. */
export interface Comparison {
  /** The number it went on from, as the program told it first. */
  readonly from: number;
  /** Its complaints; none if everything is of one instant. */
  readonly mismatches: readonly string[];
}

/** Starts a second guest from what was saved, and has it compare. @param options the saved guest's */
export function compareRestored(
  program: QemuProgram,
  saved: Saved,
  options: BareGuestOptions = load,
): Promise<Comparison> {
  return withRestored(program, saved, options, (guest) =>
    explained(guest, 'the restored guest', compare(guest)),
  );
}

async function compare(guest: BareGuest): Promise<Comparison> {
  const said = () => guest.serial.text();
  const [, first] = await guest.serial.waitFor(/^atom (\d+)$/);
  await guest.nextCounter();
  for (let line = 1; line < LINES; line++) {
    await guest.serial.waitFor(/^atom \d+$/, { from: guest.serial.end() });
  }
  const failed = /^failed .*/m.exec(said());
  if (failed) throw new Error(`the restored guest says: ${failed[0]}`);
  return { from: Number(first), mismatches: said().match(/^.*mismatch .*$/gm) ?? [] };
}

/** A guest under load, of which snapshots are taken and proved one after the other. */
export class InstantProof {
  readonly guest: BareGuest;
  readonly #program: QemuProgram;
  #taken = 0;

  private constructor(guest: BareGuest, program: QemuProgram) {
    this.guest = guest;
    this.#program = program;
  }

  static async start(program: QemuProgram): Promise<InstantProof> {
    const guest = await BareGuest.start({ ...load, program });
    await guest.serial.waitFor(/^atom \d+$/);
    return new InstantProof(guest, program);
  }

  /** Takes a snapshot with memory. @returns what it cost, and what a guest that was started from it found. */
  async prove(method: Method): Promise<{ taken: SnapshotTaken; comparison: Comparison; atMost: number }> {
    this.#taken += 1;
    const name = `s${this.#taken}`;
    const memory = join(this.guest.folder, `${name}.mem`);
    const xml = `<domainsnapshot><name>${name}</name><memory snapshot='external' file='${memory}'/></domainsnapshot>`;
    const guest = await connectGuest(this.guest.monitor);
    let disks: string[];
    let taken: SnapshotTaken;
    try {
      disks = await activeFiles(guest);
      taken = await take(guest, xml, VIR_DOMAIN_SNAPSHOT_CREATE_LIVE, method);
    } finally {
      await guest.qmp.disconnect();
    }
    const atMost = await this.nextAtom();
    const comparison = await compareRestored(this.#program, { memory, disks }).catch((error: Error) => {
      throw new Error(`${method}, ${name}: ${error.message}`, { cause: error });
    });
    for (const disk of disks) checkFileSystem(this.#program, disk);
    rmSync(memory);
    return { taken, comparison, atMost };
  }

  /** The next number that the guest says it has written to both disks. */
  async nextAtom(): Promise<number> {
    const { serial } = this.guest;
    const next = serial.waitFor(/^atom (\d+)$/, { from: serial.end(), timeout: 60_000 });
    const [, number] = await explained(this.guest, 'the saved guest', next);
    return Number(number);
  }

  dispose(): Promise<void> {
    return this.guest.dispose();
  }
}
