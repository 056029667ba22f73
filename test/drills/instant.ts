import type { LoneDrill } from './drill.js';
import { InstantProof } from './one-instant.js';

const methods = ['background', 'precopy', 'stopped'] as const;

/** Chains of images grow with every snapshot: a guest is given up after so many rounds. */
const ROUNDS_PER_GUEST = 5;

let proof: InstantProof | undefined;
let rounds = 0;

/** Memory and disks of one instant: a snapshot by each method, proved by a guest that goes on from it. */
export const instant: LoneDrill = {
  name: 'instant',
  usual: 50,
  needsGuest: false,
  async run({ program }) {
    if (rounds >= ROUNDS_PER_GUEST) await finish();
    proof ??= await InstantProof.start(program);
    rounds += 1;
    const findings: string[] = [];
    const what: string[] = [];
    for (const method of methods) {
      const { taken, comparison } = await proof.prove(method);
      findings.push(...comparison.mismatches.map((line) => `${method}: ${line}`));
      what.push(`${method} ${taken.pause?.milliseconds.toFixed(0)} ms`);
    }
    const complaint = /^.*mismatch .*$/m.exec(proof.guest.serial.text())?.[0];
    if (complaint) findings.push(`the guest itself says: ${complaint}`);
    return { what: what.join(', '), findings };
  },
  finish,
};

async function finish(): Promise<void> {
  const ended = proof;
  proof = undefined;
  rounds = 0;
  await ended?.dispose();
}
