// Builds dist/: the program, the library entry points, and their types. Usage: build.mjs [--outdir DIR] [--no-types] [--entry NAME=FILE]
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
  // Names stay, so that a stack trace can be read.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  // Native modules bring their own files.
  external: ['koffi', 'lz4-napi'],
  // React as it is meant to be shipped; its development build takes several times as long to paint.
  define: { SNAPCTL_VERSION: JSON.stringify(version), 'process.env.NODE_ENV': '"production"' },
  plugins: [
    {
      // Ink's bridge to React's development tools, which are no dependency.
      name: 'no-devtools',
      setup({ onLoad }) {
        onLoad({ filter: /[\\/]ink[\\/]build[\\/]devtools\.js$/ }, () => ({ contents: '', loader: 'js' }));
      },
    },
  ],
  logLevel: 'warning',
};

const program = {
  snapctl: 'src/cli/snapctl.ts',
  'libvirt-worker': 'src/libvirt/worker.ts',
  'snapshot-sink': 'src/snapshot/sink-process.ts',
  'snapshot-archiver': 'src/snapshot/archive-process.ts',
  'snapshot-guardian': 'src/snapshot/guardian-process.ts',
  'libvirt-guardian': 'src/cli/libvirt-guardian.ts',
  'archive-checker': 'src/archive/block-checker.ts',
  // One more beside the program, with the same chunks, for a test.
  ...(args.includes('--entry') ? Object.fromEntries([args[args.indexOf('--entry') + 1].split('=')]) : {}),
};
const libraries = {
  libvirt: 'src/libvirt/index.ts',
  qmp: 'src/qmp/index.ts',
  archive: 'src/archive/index.ts',
};

// Built aside and then put in place, so that a program running from dist/ never sees half a build.
mkdirSync(dirname(outdir), { recursive: true });
const aside = mkdtempSync(`${outdir}.`);
// mkdtemp makes it ours alone, and what root builds is run by others.
chmodSync(aside, 0o755);
try {
  // Apart, so that the program carries only those parts of a library that it uses itself.
  await bundle(program, 'chunks/[name]-[hash]');
  await bundle(libraries, 'chunks/library-[name]-[hash]');
  const executable = join(aside, 'snapctl.js');
  writeFileSync(executable, `#!/usr/bin/env node\n${readFileSync(executable, 'utf8')}`);
  chmodSync(executable, 0o755);
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
async function bundle(entryPoints, chunkNames) {
  await build({
    ...shared,
    entryPoints,
    outdir: aside,
    chunkNames,
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
}

console.log(`built ${basename(outdir)} ${version}`);
