import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface SourceFile {
  readonly path: string;
  readonly lines: number;
  /** Paths of our own files that it imports, statically, dynamically or for types alone. */
  readonly ours: readonly string[];
  /** Names of packages that it imports. */
  readonly packages: readonly string[];
}

function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => readSource(join(folder, file)));
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  // Comments may speak of imports; strings are left, since specifiers are strings.
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const specifiers = [
    ...code.matchAll(/(?:^|[;}\n])\s*(?:import|export)\s[^;'"]*?from\s+['"]([^'"]+)['"]/g),
    ...code.matchAll(/(?:^|[;}\n])\s*import\s+['"]([^'"]+)['"]/g),
    ...code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g),
    ...code.matchAll(/new URL\(\s*['"](\.[^'"]+)['"]/g),
  ].map((match) => match[1] ?? '');
  return {
    path,
    lines: text.split('\n').length - 1,
    ours: specifiers
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => normalize(join(dirname(path), specifier)).replace(/\.js$/, '.ts')),
    packages: specifiers
      .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .map((specifier) => /^(@[^/]+\/[^/]+|[^/]+)/.exec(specifier)?.[1] ?? specifier),
  };
}

const files = [...sourceFiles('src'), ...sourceFiles('commands')];

/** The room a file is in: `src/shell`, `src/drivers/libvirt`, `commands`. */
function roomOf(path: string): string {
  const [top = '', second = '', third = ''] = path.split('/');
  if (top === 'commands') return 'commands';
  if (path.startsWith('src/archive/format/')) return 'src/archive/format';
  return second === 'drivers' ? `src/drivers/${third}` : `${top}/${second}`;
}

/** What each room may import of ours besides itself; a path that ends in .ts stands for that file alone. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'src/libvirt': [],
  'src/qmp': [],
  'src/grammar': [],
  'src/editor': [],
  'src/terminal': [],
  'src/agent': ['src/qmp'],
  'src/hypervisor': ['src/libvirt/constants.ts'],
  'src/archive/format': [],
  'src/archive': ['src/archive/format', 'src/hypervisor', 'src/qmp'],
  'src/snapshot': ['src/hypervisor', 'src/qmp', 'src/agent', 'src/archive'],
  'src/block': ['src/hypervisor', 'src/qmp', 'src/agent', 'src/snapshot'],
  'src/plug': ['src/hypervisor', 'src/qmp', 'src/snapshot', 'src/block'],
  'src/care': ['src/hypervisor', 'src/snapshot'],
  'src/shell': ['src/grammar', 'src/hypervisor', 'src/terminal'],
  'src/completion': ['src/grammar', 'src/hypervisor', 'src/shell'],
  'src/drivers/libvirt': ['src/hypervisor', 'src/libvirt'],
  'src/drivers/qmp': [
    'src/hypervisor',
    'src/qmp',
    'src/agent',
    'src/snapshot',
    'src/block',
    'src/plug',
    'src/terminal',
  ],
  commands: [
    'src/shell',
    'src/grammar',
    'src/completion',
    'src/editor/help-text.ts',
    'src/hypervisor',
    'src/snapshot',
    'src/care',
    'src/archive',
  ],
  'src/ui': ['src/shell', 'src/grammar', 'src/completion', 'src/editor', 'src/hypervisor'],
  'src/cli': [
    'commands',
    'src/shell',
    'src/grammar',
    'src/completion',
    'src/hypervisor',
    'src/snapshot',
    'src/drivers/libvirt',
    'src/drivers/qmp',
    'src/libvirt',
    'src/ui',
  ],
};

/** Packages that only some rooms may import, so that nothing else pays for loading them. */
const owners: Readonly<Record<string, readonly string[]>> = {
  koffi: ['src/libvirt', 'src/qmp', 'src/terminal'],
  ink: ['src/ui'],
  react: ['src/ui'],
  'lz4-napi': ['src/archive'],
  yargs: ['src/cli'],
  'yargs-parser': ['src/cli'],
};

test('the scanner sees imports of every kind', () => {
  const find = (path: string): SourceFile | undefined => files.find((file) => file.path === path);
  expect(find('commands/index.ts')?.ours).toContain('commands/snapshot/snapshot-create-as.ts');
  expect(find('src/hypervisor/constants.ts')?.ours).toEqual(['src/libvirt/constants.ts']);
  expect(find('src/shell/index.ts')?.ours).toContain('src/shell/table.ts');
  expect(find('src/shell/xml-library.ts')?.packages).toEqual(['@xmldom/xmldom']);
  expect(find('src/cli/help-screen.ts')?.packages).toEqual(['yargs']);
  expect(files.some(({ packages }) => packages.includes('koffi'))).toBe(true);
});

test('every import leads to a file that exists', () => {
  const paths = new Set(files.map(({ path }) => path));
  const broken = files.flatMap(({ path, ours }) =>
    ours
      .filter((each) => /\.tsx?$/.test(each) && !paths.has(each) && !paths.has(each.replace(/\.ts$/, '.tsx')))
      .map((each) => `${path} -> ${each}`),
  );
  expect(broken).toEqual([]);
});

test('every room is known', () => {
  const rooms = [...new Set(files.map(({ path }) => roomOf(path)))];
  expect(rooms.filter((room) => !(room in allowed))).toEqual([]);
});

test('rooms import only what they may', () => {
  const forbidden = files.flatMap(({ path, ours }) => {
    const room = roomOf(path);
    return ours
      .filter((each) => roomOf(each) !== room)
      .filter((each) => !(allowed[room] ?? []).some((rule) => rule === each || rule === roomOf(each)))
      .map((each) => `${path} -> ${each}`);
  });
  expect(forbidden).toEqual([]);
});

test('nothing imports the program', () => {
  const importers = files.filter(
    ({ path, ours }) => roomOf(path) !== 'src/cli' && ours.some((each) => roomOf(each) === 'src/cli'),
  );
  expect(importers.map(({ path }) => path)).toEqual([]);
});

test('packages are imported only where they belong', () => {
  const strays = files.flatMap(({ path, packages }) =>
    packages
      .filter((name) => owners[name] && !owners[name].includes(roomOf(path)))
      .map((name) => `${path} -> ${name}`),
  );
  expect(strays).toEqual([]);
});

test('packages that are imported are dependencies', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const missing = files.flatMap(({ path, packages }) =>
    packages.filter((name) => !(name in dependencies)).map((name) => `${path} -> ${name}`),
  );
  expect(missing).toEqual([]);
});

test('files are named for the thing in them', () => {
  const vague = /^(utils?|helpers?|managers?|misc|common)$|-(utils?|helpers?|manager)$/;
  const all = [...files, ...sourceFiles('test'), ...sourceFiles('bench')].map(({ path }) => path);
  expect(all.filter((path) => vague.test(basename(path).replace(/(\.test)?\.tsx?$/, '')))).toEqual([]);
});

/** Files that may be longer than the rest, with the reason. */
const longFiles: Readonly<Record<string, string>> = {
  'src/libvirt/constants.ts': 'generated: every number of the public API',
};
const MAX_LINES = 400;

test('files are short', () => {
  const long = files.filter(({ lines, path }) => lines > MAX_LINES && !(path in longFiles));
  expect(long.map(({ path, lines }) => `${path}: ${lines} lines`)).toEqual([]);
  for (const path of Object.keys(longFiles)) {
    expect(files.find((file) => file.path === path)?.lines ?? 0).toBeGreaterThan(MAX_LINES);
  }
});
