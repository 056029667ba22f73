import type { Registry } from '../shell/index.js';
import { groupHelp } from '../shell/index.js';
import { globalOptions } from './globals.js';

/** The program's own help: usage and options laid out by yargs, then every group of commands. */
export async function helpScreen(registry: Registry): Promise<string> {
  const { default: yargs } = await import('yargs');
  const program = yargs([])
    .scriptName('snapctl')
    .usage('snapctl [options]... [<command_string>]\nsnapctl [options]... <command> [args...]')
    .help(false)
    .version(false)
    .parserConfiguration({ 'boolean-negation': false })
    .updateStrings({ 'Options:': 'options:' })
    .wrap(100);
  for (const option of globalOptions) {
    program.option(option.name, {
      ...(option.letter ? { alias: option.letter } : {}),
      description: option.placeholder ? `${option.help} (${option.placeholder})` : option.help,
      type: option.value ? 'string' : 'boolean',
    });
  }
  program.option('V', { description: 'long version', type: 'boolean' });
  const head = await program.getHelp();
  const groups: string[] = [];
  for (const group of registry.groups) {
    if (registry.entries.some((entry) => entry.group === group.keyword)) {
      groups.push((await groupHelp(registry, group)).replace("'):\n", "')\n"));
    }
  }
  return `${head}\n\ncommands (non interactive mode):\n\n${groups.join('\n')}\n  (specify help <group> for details about the commands in the group)\n\n  (specify help <command> for details about the command)\n\n`;
}
