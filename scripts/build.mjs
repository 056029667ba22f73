// Builds dist/: the program, the library entry points, and their types. Usage: build.mjs [--outdir DIR] [--no-types]
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
const outdir = resolve(args.includes('--outdir') ? args[args.indexOf('--outdir') + 1] : join(root, 'dist'));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  splitting: true,
  minifySyntax: true,
  legalComments: 'none',
  // Native modules bring their own files; Ink and React are only ever loaded by the shell.
  external: ['koffi', 'lz4-napi', 'ink', 'react', 'react/*'],
  define: { SNAPCTL_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
};

// Built aside and then put in place, so that a program running from dist/ never sees half a build.
mkdirSync(dirname(outdir), { recursive: true });
const aside = mkdtempSync(`${outdir}.`);
try {
  await build({
    ...shared,
    entryPoints: {
      snapctl: 'src/cli/snapctl.ts',
      libvirt: 'src/libvirt/index.ts',
      'libvirt-worker': 'src/libvirt/worker.ts',
      qmp: 'src/qmp/index.ts',
      'snapshot-sink': 'src/snapshot/sink-process.ts',
      'snapshot-guardian': 'src/snapshot/guardian-process.ts',
    },
    outdir: aside,
    chunkNames: 'chunks/[name]-[hash]',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  const program = join(aside, 'snapctl.js');
  writeFileSync(program, `#!/usr/bin/env node\n${readFileSync(program, 'utf8')}`);
  chmodSync(program, 0o755);
  if (!args.includes('--no-types')) {
    const tsc = createRequire(import.meta.url).resolve('typescript/package.json');
    execFileSync(
      process.execPath,
      [
        join(dirname(tsc), 'bin', 'tsc'),
        ...['-p', join(root, 'tsconfig.build.json'), '--outDir', join(aside, 'types')],
      ],
      { stdio: 'inherit' },
    );
  }
  rmSync(outdir, { recursive: true, force: true });
  renameSync(aside, outdir);
} finally {
  rmSync(aside, { recursive: true, force: true });
}
console.log(`built ${basename(outdir)} ${version}`);
