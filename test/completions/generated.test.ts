import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { registry } from '../../commands/index.js';
import {
  type CommandSpec,
  commandHelp,
  documentedOptions,
  extraOptions,
  type GroupKeyword,
} from '../../src/shell/index.js';
import { root, run } from './real-shells.js';

/** Old names that virsh still takes: it calls the command by its new name from then on, in help and in errors. */
const aliases = new Map([['nodedev-dettach', 'nodedev-detach']]);

let documented: CommandSpec[] = [];
const pages = new Map<string, string>();

const pageOf = (group: GroupKeyword): string => `snapctl-${group === 'snapctl' ? 'shell' : group}`;
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Options as the documentation of a command must show them, in order. */
const optionsOf = (spec: CommandSpec): string[] =>
  documentedOptions(spec).map(({ option }) => `--${option.name}`);

beforeAll(async () => {
  // One after the other: jest's module loader gets modules mixed up that are imported at the same time.
  for (const entry of registry.entries) await entry.load();
  const groups = await Promise.all(registry.groups.map((group) => registry.commandsOf(group)));
  documented = groups.flat();
  for (const file of readdirSync(join(root, 'man'))) pages.set(basename(file, '.1'), read(`man/${file}`));
});

test('everything generated is fresh', async () => {
  await run(process.execPath, ['scripts/generate.mjs', '--check'], process.env);
}, 60_000);

describe('files of commands', () => {
  const files = readdirSync(join(root, 'commands'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && file !== 'index.ts')
    .map((file) => ({
      file,
      text: read(join('commands', file)),
      name: basename(file, '.ts'),
      folder: dirname(file),
    }));
  const commandFiles = files.filter(({ text }) => /^export default /m.test(text));
  const folderOf = (group: GroupKeyword): string => (group === 'snapctl' ? 'shell' : group);

  test('each is in the registry, under its own group', () => {
    const listed = registry.entries.map(({ name, group }) => `${folderOf(group)}/${name}`);
    expect(commandFiles.map(({ folder, name }) => `${folder}/${name}`).sort()).toEqual(listed.sort());
  });

  test('the registry loads each from the file of its name', async () => {
    const index = read('commands/index.ts');
    for (const entry of registry.entries) {
      expect(index).toContain(`import('./${folderOf(entry.group)}/${entry.name}.js')`);
      const { default: spec } = await entry.load();
      expect([spec.name, spec.group]).toEqual([aliases.get(entry.name) ?? entry.name, entry.group]);
    }
  });

  test('an alias is hidden, and is otherwise the command that it stands for', async () => {
    for (const [alias, name] of aliases) {
      const old = await registry.entries.find((entry) => entry.name === alias)?.load();
      const now = await registry.entries.find((entry) => entry.name === name)?.load();
      expect(now?.default.name).toBe(name);
      expect(old?.default).toEqual({ ...now?.default, hidden: true });
    }
  });

  test('no name is given twice', () => {
    const names = registry.entries.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });

  test('every group of the registry has commands, and every command a group', () => {
    const keywords = registry.groups.map(({ keyword }) => keyword);
    expect([...new Set(registry.entries.map(({ group }) => group))].sort()).toEqual([...keywords].sort());
  });
});

describe('data of commands', () => {
  test('rules, aliases and flags name options that exist', () => {
    for (const spec of documented) {
      const names = spec.options.map(({ name }) => name);
      const named = (spec.rules ?? []).flatMap((rule) =>
        'exclusive' in rule ? rule.exclusive : [rule.option, rule.requires],
      );
      const targets = spec.options.flatMap(({ target }) =>
        target === undefined ? [] : [target.split('=')[0]],
      );
      expect({
        command: spec.name,
        unknown: [...named, ...targets].filter((name) => !names.includes(name ?? '')),
      }).toEqual({
        command: spec.name,
        unknown: [],
      });
      expect(names).toEqual([...new Set(names)]);
      // What has no name must come last; an option that is only given by name may follow.
      const rest = spec.options.findIndex(({ type }) => type === 'argv');
      const after = rest < 0 ? [] : spec.options.slice(rest + 1);
      expect(after.filter(({ type, positional }) => type !== 'flag' && positional !== false)).toEqual([]);
    }
  });

  test('summaries and help are one line', () => {
    for (const spec of documented) {
      expect(spec.summary).toMatch(/^\S.*\S$/);
      // virsh itself has a help text of two lines.
      for (const { option } of documentedOptions(spec)) expect(option.help).toMatch(/^\S[\s\S]*\S$/);
    }
  });

  test('a flag takes no completer and no values', () => {
    for (const { options } of documented) {
      for (const option of options.filter(({ type }) => type === 'flag')) {
        expect([option.completer, option.values]).toEqual([undefined, undefined]);
      }
    }
  });
});

describe('help, manual and completions agree with the registry', () => {
  test('a page for each group and one for the program, and package.json lists them', () => {
    const groups = registry.groups.map(({ keyword }) => pageOf(keyword));
    expect([...pages.keys()].sort()).toEqual(['snapctl', ...groups].sort());
    const { man } = JSON.parse(read('package.json')) as { man: string[] };
    expect([...man].sort()).toEqual([...pages.keys()].map((page) => `./man/${page}.1`).sort());
  });

  test('a page has its commands, in the order of help, with the options of help', () => {
    for (const group of registry.groups) {
      const page = pages.get(pageOf(group.keyword)) ?? '';
      const [, ...sections] = page.split(/^\.SS "/m);
      const inManual = sections.map((section) => ({
        name: section.slice(0, section.indexOf('"')).replaceAll('\\-', '-'),
        options: [...section.matchAll(/^\.TP\n(.*)$/gm)].map(
          ([, term = '']) => /--[A-Za-z0-9-]+/.exec(term.replaceAll('\\-', '-'))?.[0] ?? '<string>',
        ),
      }));
      const specs = documented.filter((spec) => spec.group === group.keyword);
      expect(inManual).toEqual(
        specs.map((spec) => ({
          name: spec.name,
          options: [
            ...documentedOptions(spec).map(({ option, named }) =>
              option.type === 'argv' && !named ? '<string>' : `--${option.name}`,
            ),
            ...extraOptions(spec).map(({ name }) => `--${name}`),
          ],
        })),
      );
      expect(specs.map(({ name }) => name)).toEqual(
        registry.entries
          .filter((entry) => entry.group === group.keyword && specs.some(({ name }) => name === entry.name))
          .map(({ name }) => name),
      );
    }
  });

  test('help has the options of the data', () => {
    for (const spec of documented) {
      const help = commandHelp(spec);
      const lines = help.slice(help.indexOf('\n  OPTIONS\n') + 11).split('\n');
      const named = lines.flatMap((line) => /^ {4}\[?(--[A-Za-z0-9-]+)/.exec(line)?.[1] ?? []);
      const unnamed = documentedOptions(spec).find(
        ({ option, named: before }) => option.type === 'argv' && !before,
      );
      expect(named).toEqual(optionsOf(spec).filter((name) => name !== `--${unnamed?.option.name}`));
    }
  });

  test('each shell completes every command with its options', () => {
    const bash = read('completions/snapctl.bash');
    const zsh = read('completions/_snapctl');
    const fish = read('completions/snapctl.fish');
    const inBash = /^_snapctl_commands='(.*)'$/m.exec(bash)?.[1]?.split(' ');
    expect(inBash).toEqual(documented.map(({ name }) => name));
    const bashOptions = /^_snapctl_options\(\) \{\n([\s\S]*?)^\}/m.exec(bash)?.[1] ?? '';
    const zshOptions = /^_snapctl_options=\(\n([\s\S]*?)^\)/m.exec(zsh)?.[1] ?? '';
    for (const spec of documented) {
      const extras = extraOptions(spec).map(({ name }) => `--${name}`);
      const all = [...optionsOf(spec), ...extras, ...(spec.json ? ['--json'] : []), '--help'];
      const branch = bashOptions
        .split('\n')
        .find((line) => line.split(') REPLY=')[0]?.trim().split(' | ').includes(spec.name));
      expect({ command: spec.name, options: /REPLY='(.*)'/.exec(branch ?? '')?.[1]?.split(' ') }).toEqual({
        command: spec.name,
        options: all,
      });
      const entry = new RegExp(`^  ${spec.name} '((?:[^']|'\\\\'')*)'$`, 'm').exec(zshOptions)?.[1] ?? '';
      expect(entry.split('\n').map((line) => line.split(':')[0])).toEqual(all);
      expect(fish).toContain(`-n __snapctl_wants_command -a ${spec.name} -d `);
      const inFish = [...fish.matchAll(new RegExp(`-n '__snapctl_in ${spec.name}' -l (\\S+) `, 'g'))];
      expect(inFish.map(([, name]) => `--${name}`)).toEqual(all);
    }
  });

  test('hidden commands and options appear nowhere', async () => {
    const loaded = await Promise.all(
      registry.entries.map(async ({ name, load }) => ({ name, spec: (await load()).default })),
    );
    const hidden = loaded.filter(({ spec }) => spec.hidden).map(({ name }) => name);
    expect(hidden.length).toBeGreaterThan(aliases.size);
    for (const name of hidden) {
      for (const page of pages.values()) expect(page).not.toContain(`.SS "${name}"`);
      expect(read('completions/snapctl.fish')).not.toContain(`-a ${name} -d`);
    }
  });
});

describe('the manual is clean', () => {
  test.each(readdirSync(join(root, 'man')))('%s', async (page) => {
    const path = join(root, 'man', page);
    expect(await run('mandoc', ['-T', 'lint', '-W', 'warning', path], process.env)).toBe('');
    const shown = await run('man', ['-l', '--warnings', path], {
      ...process.env,
      MANPAGER: 'cat',
      MANWIDTH: '100',
    });
    expect(shown).toContain('SEE ALSO');
  });
});
