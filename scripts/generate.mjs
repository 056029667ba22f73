/**
 * Writes everything that is derived from the commands' data: man/ and completions/, and package.json's list of man
 * pages. Usage: node scripts/generate.mjs [--check]; --check writes nothing and exits 1 if anything is stale.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bashCompletion } from './generate/bash.mjs';
import { fishCompletion } from './generate/fish.mjs';
import { groupPage } from './generate/group-page.mjs';
import { loadProgram } from './generate/load-program.mjs';
import { programPage } from './generate/program-page.mjs';
import { zshCompletion } from './generate/zsh.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const check = process.argv.includes('--check');

const program = await loadProgram(root);
const manual = new Map([
  ['man/snapctl.1', programPage(program)],
  ...program.groups.map((group) => [`man/${group.page}.1`, groupPage(program, group)]),
]);
const completions = new Map([
  ['completions/snapctl.bash', bashCompletion(program)],
  ['completions/_snapctl', zshCompletion(program)],
  ['completions/snapctl.fish', fishCompletion(program)],
]);
const files = new Map([...manual, ...completions, ['package.json', packageWithPages([...manual.keys()])]]);

const stale = [...files].filter(([path, text]) => readOrNothing(path) !== text).map(([path]) => path);
const leftOver = ['man', 'completions'].flatMap((folder) =>
  listOf(folder)
    .map((name) => `${folder}/${name}`)
    .filter((path) => !files.has(path)),
);

if (check) {
  for (const path of stale) process.stderr.write(`${path} is stale: run npm run generate\n`);
  for (const path of leftOver) process.stderr.write(`${path} is no longer generated: run npm run generate\n`);
  if (stale.length + leftOver.length > 0) process.exitCode = 1;
} else {
  for (const path of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), files.get(path));
    console.log(`wrote ${path}`);
  }
  for (const path of leftOver) {
    rmSync(join(root, path));
    console.log(`removed ${path}`);
  }
}

function readOrNothing(path) {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}

function listOf(folder) {
  try {
    return readdirSync(join(root, folder));
  } catch {
    return [];
  }
}

function packageWithPages(pages) {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  manifest.man = pages.map((page) => `./${page}`);
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
