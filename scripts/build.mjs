// Builds dist/: the program, the library entry points, and their types. Usage: build.mjs [--outdir DIR] [--no-types] [--entry NAME=FILE]
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transformSync } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);
const outdir = resolve(args.includes('--outdir') ? args[args.indexOf('--outdir') + 1] : join(root, 'dist'));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

// What libraries of the shell do as they are loaded and could leave: half of the time to its first prompt.
const quickStart = [
  {
    filter: /[\\/]yoga-layout[\\/]dist[\\/]binaries[\\/]yoga-wasm-base64-esm\.js$/,
    changes: [
      // Its WebAssembly is a data URL in the file; to fetch() it Node loads the whole of undici (75 ms).
      ['w||"function"!=typeof fetch?Promise.resolve()', '!0?Promise.resolve()'],
      [
        'var b=xa(a.slice(37)),c=new Uint8Array(b.length);for(a=0;a<b.length;++a)c[a]=b.charCodeAt(a);var d=c',
        'var d=Buffer.from(a.slice(37),"base64")',
      ],
    ],
  },
  {
    filter: /[\\/]string-width[\\/]index\.js$/,
    changes: [
      // The set of all emoji sequences takes 120 ms to make and compile; each of them has one of these characters.
      [
        'const rgiEmojiRegex = /^\\p{RGI_Emoji}$/v;',
        `const emojiPartRegex = /[\\p{Extended_Pictographic}\\p{Emoji_Presentation}\\u20E3]/u;
let allEmojiRegex;
const rgiEmojiRegex = {
  test: segment => emojiPartRegex.test(segment) && (allEmojiRegex ??= new RegExp('^\\\\p{RGI_Emoji}$', 'v')).test(segment),
};`,
      ],
      // The first segmenter takes 20 ms to make; text with the lines and dots of our own screens needs none.
      [
        'const segmenter = new Intl.Segmenter();',
        `let ownSegmenter;
const segmenter = {segment: string => (ownSegmenter ??= new Intl.Segmenter()).segment(string)};`,
      ],
      [
        'if (/^[\\u0020-\\u007E]*$/.test(string)) {',
        'if ((ambiguousIsNarrow ? /^[\\u0020-\\u007E\\u00B7\\u2026\\u2500-\\u259F]*$/ : /^[\\u0020-\\u007E]*$/).test(string)) {',
      ],
    ],
  },
  {
    filter: /[\\/]signal-exit[\\/]index\.js$/,
    changes: [
      // All of node:assert for one comparison (5 ms).
      [
        "var assert = require('assert')",
        'var assert = { equal(is, wanted, message) { if (is !== wanted) throw new TypeError(message) } }',
      ],
    ],
  },
];
// Its locals' names are half of its 280 KB, and the time to compile it goes with its length.
const shortened = /[\\/]react-reconciler[\\/]cjs[\\/]react-reconciler\.production\.js$/;

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
    {
      name: 'quick-start',
      setup({ onLoad }) {
        for (const { filter, changes } of quickStart) {
          // Another version of the library is taken as it is: it is right, only slower.
          onLoad({ filter }, ({ path }) => ({
            contents: changes.reduce(
              (text, [from, to]) => text.replace(from, () => to),
              readFileSync(path, 'utf8'),
            ),
            loader: 'js',
          }));
        }
        onLoad({ filter: shortened }, ({ path }) => ({
          contents: transformSync(readFileSync(path, 'utf8'), { minifyIdentifiers: true }).code,
          loader: 'js',
        }));
      },
    },
  ],
  logLevel: 'warning',
};

const program = {
  snapctl: 'src/cli/snapctl.ts',
  // One more beside the program, with the same chunks, for a test.
  ...(args.includes('--entry') ? Object.fromEntries([args[args.indexOf('--entry') + 1].split('=')]) : {}),
};
const helpers = {
  'snapshot-sink': 'src/snapshot/sink-process.ts',
  'snapshot-archiver': 'src/snapshot/archive-process.ts',
  'snapshot-guardian': 'src/snapshot/guardian-process.ts',
  'libvirt-guardian': 'src/cli/libvirt-guardian.ts',
};
/** Threads: each one file, and not a module of the newer kind, whose loader takes a thread 15 ms to make. */
const threads = {
  'libvirt-worker': 'src/libvirt/worker.ts',
  'archive-checker': 'src/archive/block-checker.ts',
  'pipe-reader': 'src/snapshot/pipe-reader.ts',
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
  // What they share with the program would be cut out of its chunks, and each more is a millisecond more to start.
  await bundle(helpers, 'chunks/helper-[name]-[hash]');
  await bundle(libraries, 'chunks/library-[name]-[hash]');
  await build({
    ...shared,
    entryPoints: threads,
    outdir: aside,
    format: 'cjs',
    splitting: false,
    outExtension: { '.js': '.cjs' },
  });
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
