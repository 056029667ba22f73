/**
 * Watches over an operation on a guest (see guardian.ts). Started with the domain's state folder; says `ready` on
 * standard output; then waits for the end of its standard input.
 */
/** A monitor may be blocked by QEMU itself for minutes (snapshot-save), and an agent by the guest's disks. */
const PATIENCE_MS = 10 * 60_000;
const LOAD_MS = 5000;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGPIPE'] as const) process.on(signal, () => undefined);
process.stdout.on('error', () => undefined);

const [folder] = process.argv.slice(2);
if (!folder) process.exit(2);

process.stdout.write('ready\n');
// What mends is loaded once those who have started it have got going, for whom it would take a processor.
let mending: Promise<typeof import('./recover.js')> | undefined;
const load = () => {
  mending ??= import('./recover.js');
  return mending;
};
setTimeout(() => load().catch(() => undefined), LOAD_MS).unref();
let said = '';
for await (const chunk of process.stdin) said = (said + String(chunk)).slice(-64);
if (!said.endsWith('goodbye\n')) {
  const { recoverDomain } = await load();
  await recoverDomain(folder, { patience: PATIENCE_MS, inCharge: true });
}
process.exit(0);
