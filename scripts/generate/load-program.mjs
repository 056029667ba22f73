import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** The code whose data documentation is derived from. */
const ENTRY = `
export { registry } from './commands/index.js';
export { globalOptions } from './src/cli/globals.js';
export { keyLabel, keymap } from './src/editor/keymap.js';
export { lineForms } from './src/editor/line-forms.js';
export { documentedOptions, extraOptions, optionForm, synopsis } from './src/shell/help.js';
`;

/**
 * Bundles the TypeScript sources aside and loads them.
 * @returns {Promise<{version: string, globalOptions: object[], groups: {keyword: string, title: string,
 *   page: string, commands: object[]}[], missing: Map<string, string>, commands: object[], documentedOptions: Function, extraOptions: Function, optionForm: Function,
 *   synopsis: Function, keymap: object[], keyLabel: Function, lineForms: object[]}>} groups that have commands, each with its documented commands in the order of help.
 */
export async function loadProgram(root) {
  const folder = mkdtempSync(join(tmpdir(), 'snapctl-generate-'));
  try {
    await build({
      absWorkingDir: root,
      stdin: { contents: ENTRY, resolveDir: root },
      bundle: true,
      splitting: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      external: ['koffi', 'lz4-napi', 'ink', 'react'],
      outExtension: { '.js': '.mjs' },
      banner: {
        js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
      },
      outdir: folder,
      logLevel: 'warning',
    });
    const { registry, ...rest } = await import(pathToFileURL(join(folder, 'stdin.mjs')).href);
    const groups = [];
    for (const { keyword, title } of registry.groups) {
      const commands = await registry.commandsOf({ keyword, title });
      if (commands.length === 0) continue;
      // The program's own group would otherwise be snapctl-snapctl.
      const page = `snapctl-${keyword === 'snapctl' ? 'shell' : keyword}`;
      groups.push({ keyword, title, page, commands });
    }
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    return {
      version,
      groups,
      missing: registry.missing,
      commands: groups.flatMap((group) => group.commands),
      ...rest,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
