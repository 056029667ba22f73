/**
 * Watches over an operation on a guest of libvirt (see src/snapshot/guardian.ts). Started with the domain's state folder;
 * says `ready` on standard output; then waits for the end of its standard input.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { recoverDomain } from '../snapshot/recover.js';
import { openLibvirt } from './connect.js';
import { leave } from './leave.js';

/** The daemon may be on its way back; an embedded driver's root is taken until whoever died is quite gone. */
const PATIENCE_MS = 120_000;
const LOOK_MS = 250;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => undefined);
process.stdout.on('error', () => undefined);

const [folder] = process.argv.slice(2);
if (!folder) process.exit(2);

process.stdout.write('ready\n');
let said = '';
for await (const chunk of process.stdin) said = (said + String(chunk)).slice(-64);
if (said.endsWith('goodbye\n')) process.exit(0);
await mend(folder);
await leave(0, true);

/** What can't be mended now is left to `recover`. */
async function mend(place: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      await recoverDomain(place, { patience: PATIENCE_MS, inCharge: true, connect: openLibvirt });
      return;
    } catch {
      if (performance.now() > deadline) return;
    }
    await delay(LOOK_MS);
  }
}
