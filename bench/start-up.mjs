// How long a one-shot command takes to start, against Node doing nothing: medians of RUNS in one run, alternating.
// Fails when `list` on the in-process test driver takes more than LIMIT times bare Node.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RUNS = 15;
const LIMIT = 2.0;
const root = dirname(dirname(fileURLToPath(import.meta.url)));

const subjects = {
  node: [process.execPath, '-e', '0'],
  snapctl: [process.execPath, join(root, 'dist/snapctl.js'), '-c', 'test:///default', 'list'],
};

const elapsed = ([program, ...args]) => {
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return Number(process.hrtime.bigint() - start) / 1e6;
};

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const times = Object.fromEntries(Object.keys(subjects).map((name) => [name, []]));
for (const command of Object.values(subjects)) elapsed(command);
for (let run = 0; run < RUNS; run++) {
  for (const [name, command] of Object.entries(subjects)) times[name].push(elapsed(command));
}

const result = Object.fromEntries(Object.entries(times).map(([name, list]) => [name, median(list)]));
const ratio = result.snapctl / result.node;
if (process.argv.includes('--json'))
  console.log(JSON.stringify({ runs: RUNS, milliseconds: result, ratio, limit: LIMIT }));
else {
  for (const [name, value] of Object.entries(result)) console.log(`${name.padEnd(8)} ${value.toFixed(1)} ms`);
  console.log(`ratio    ${ratio.toFixed(2)} (limit ${LIMIT.toFixed(1)}, medians of ${RUNS})`);
}
process.exitCode = ratio <= LIMIT ? 0 : 1;
