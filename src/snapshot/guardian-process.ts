/**
 * Watches over an operation on a guest (see guardian.ts). Started with the domain's state folder; says `ready` on
 * standard output; then waits for the end of its standard input.
 */
import { recoverDomain } from './recover.js';

/** A monitor may be blocked by QEMU itself for minutes (snapshot-save), and an agent by the guest's disks. */
const PATIENCE_MS = 10 * 60_000;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => undefined);
process.stdout.on('error', () => undefined);

const [folder] = process.argv.slice(2);
if (!folder) process.exit(2);

process.stdout.write('ready\n');
let said = '';
for await (const chunk of process.stdin) said = (said + String(chunk)).slice(-64);
if (!said.endsWith('goodbye\n')) await recoverDomain(folder, { patience: PATIENCE_MS, inCharge: true });
process.exit(0);
