import type { LoneDrill } from './drill.js';
import { InstantProof } from './one-instant.js';

const methods = ['background', 'precopy', 'stopped'] as const;

/** Memory and disks of one instant: a snapshot by each method, proved by a guest that goes on from it. */
export const instant: LoneDrill = {
  name: 'instant',
  usual: 50,
  needsGuest: false,
  async run({ program }) {
    const proof = await InstantProof.start(program);
    const findings: string[] = [];
    const what: string[] = [];
    try {
      for (const method of methods) {
        const { taken, comparison } = await proof.prove(method);
        findings.push(...comparison.mismatches.map((line) => `${method}: ${line}`));
        what.push(`${method} ${taken.pause?.milliseconds.toFixed(0)} ms`);
      }
      const complaint = /^.*mismatch .*$/m.exec(proof.guest.serial.text())?.[0];
      if (complaint) findings.push(`the guest itself says: ${complaint}`);
    } finally {
      await proof.dispose();
    }
    return { what: what.join(', '), findings };
  },
};
