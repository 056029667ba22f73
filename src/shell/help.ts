import type { CommandSpec, OptionSpec } from './command.js';
import type { CommandGroup, Registry } from './registry.js';

const takesPosition = (option: OptionSpec): boolean =>
  option.type !== 'flag' && option.type !== 'alias' && option.positional !== false;

const valueWord = (option: OptionSpec): string =>
  option.type === 'int' || option.type === 'scaled' ? 'number' : 'string';

/** An option as the synopsis shows it; `named` tells whether a value before it may also be named. */
function synopsisOf(option: OptionSpec, named: boolean): string {
  const { name, type, required } = option;
  if (type === 'flag') return `[--${name}]`;
  if (type === 'argv') {
    if (named) return required ? `{[--${name}] <string>}...` : `[[--${name}] <string>]...`;
    return required ? `<${name}>...` : `[<${name}>]...`;
  }
  const value = `--${name} <${valueWord(option)}>`;
  if (!required) return `[${value}]`;
  return option.positional === false ? value : `<${name}>`;
}

/** An option as the list of options shows it. */
export function optionForm(option: OptionSpec, named: boolean): string {
  const { name, type } = option;
  if (type === 'flag') return `--${name}`;
  if (type === 'argv') return named ? `[--${name}] <string>` : `<${name}>`;
  const required = option.required && option.positional !== false;
  return required ? `[--${name}] <${valueWord(option)}>` : `--${name} <${valueWord(option)}>`;
}

/** Documented options, each with whether a positional option stands before it (which changes argv's form). */
export function documentedOptions(spec: CommandSpec): { option: OptionSpec; named: boolean }[] {
  let named = false;
  return spec.options
    .filter((option) => option.type !== 'alias' && !option.hidden && !option.extra)
    .map((option) => {
      const entry = { option, named };
      if (option.type !== 'argv' && takesPosition(option)) named = true;
      return entry;
    });
}

/** Options that virsh doesn't have. */
export const extraOptions = (spec: CommandSpec): OptionSpec[] => spec.options.filter(({ extra }) => extra);

export function synopsis(spec: CommandSpec): string {
  const words = documentedOptions(spec).map(({ option, named }) => synopsisOf(option, named));
  return [spec.name, ...words].join(' ');
}

/** `help COMMAND`, in virsh's layout. */
export function commandHelp(spec: CommandSpec): string {
  let text = `  NAME\n    ${spec.name} - ${spec.summary}\n\n  SYNOPSIS\n    ${synopsis(spec)}\n`;
  if (spec.description !== '') text += `\n  DESCRIPTION\n    ${spec.description}\n`;
  const options = documentedOptions(spec);
  if (options.length > 0) {
    text += '\n  OPTIONS\n';
    for (const { option, named } of options) {
      text += `    ${optionForm(option, named).padEnd(15)}  ${option.help}\n`;
    }
  }
  return `${text}\n`;
}

/** `help GROUP`: the group's title and a line for each command. */
export async function groupHelp(registry: Registry, group: CommandGroup): Promise<string> {
  const commands = await registry.commandsOf(group);
  const lines = commands.map((spec) => `    ${spec.name.padEnd(30)} ${spec.summary}\n`);
  return ` ${group.title} (help keyword '${group.keyword}'):\n${lines.join('')}`;
}

/** `help` alone: every group that has commands. */
export async function overview(registry: Registry): Promise<string> {
  let text = 'Grouped commands:\n\n';
  for (const group of registry.groups) {
    if (registry.entries.some((entry) => entry.group === group.keyword)) {
      text += `${await groupHelp(registry, group)}\n`;
    }
  }
  return text;
}
