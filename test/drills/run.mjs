#!/usr/bin/env node
/*
 * Kills, stops and starves everything that has a part in a snapshot, at random instants, and looks at what is left.
 *
 *   run.mjs [--seed N] [--count N] [--only KIND[,KIND...]] [--qemu installed|10|both] [--keep]
 *
 * `--only 'prove reverts'` is the long proof of going back: each round goes back to a snapshot by each method under load.
 *
 * Builds a copy of snapctl of its own first. Prints a line for each drill, and at the end how many of each kind were
 * run and what they found; ends with 1 if they found something. The same seed gives the same choices; when they
 * strike depends on the machine.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
// Unix sockets below have to have short names.
const work = mkdtempSync(join(tmpdir(), 'drill-'));
const remove = () => rmSync(work, { recursive: true, force: true });
process.on('exit', remove);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

symlinkSync(join(root, 'node_modules'), join(work, 'node_modules'));
execFileSync(
  process.execPath,
  [join(root, 'scripts', 'build.mjs'), '--no-types', '--outdir', join(work, 'dist')],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
// Run where it lies beside dist/, so that the engine finds its helper programs; the modules that are no TypeScript
// stay where they are, because they look for files beside them.
await build({
  entryPoints: [join(here, 'main.ts')],
  outfile: join(work, 'drills.mjs'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  logLevel: 'warning',
  plugins: [
    {
      name: 'leave-modules-where-they-are',
      setup(plugin) {
        plugin.onResolve({ filter: /^\..*\.mjs$/ }, ({ path, resolveDir }) => ({
          path: pathToFileURL(join(resolveDir, path)).href,
          external: true,
        }));
      },
    },
  ],
});
const { main } = await import(pathToFileURL(join(work, 'drills.mjs')).href);
process.exitCode = await main(process.argv.slice(2), join(work, 'dist', 'snapctl.js'));
