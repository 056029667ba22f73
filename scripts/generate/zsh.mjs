import { readFileSync } from 'node:fs';
import { HEADER, optionsOf, ownValues, programOptions, singleQuoted, takesValue, URIS } from './words.mjs';

/** Completion for zsh, as an autoloaded function. */
export const zshCompletion = (program) => `#compdef snapctl
${HEADER}
# zsh completion for snapctl. Names of commands, options and fixed values are in here; names of domains, snapshots,
# disks and so on come from the hypervisor that the command line names.

typeset -ga _snapctl_commands _snapctl_globals
typeset -gA _snapctl_options _snapctl_valued _snapctl_values

_snapctl_commands=(
${program.commands.map(({ name, summary }) => `  ${described(name, summary)}`).join('\n')}
)

_snapctl_globals=(
${programOptions(program)
  .flatMap(argumentsOf)
  .map((form) => `  ${singleQuoted(form)}`)
  .join('\n')}
)

# Options of each command, one on a line.
_snapctl_options=(
${program.commands.map((command) => `  ${command.name} ${singleQuoted(optionLines(program, command))}`).join('\n')}
)

# The options of each command that take a value.
_snapctl_valued=(
${program.commands.map((command) => `  ${command.name} ${singleQuoted(valuedWords(program, command))}`).join('\n')}
)

# Values that are always the same, @files or @folders.
_snapctl_values=(
${program.commands.flatMap((command) => valueEntries(program, command)).join('\n')}
)

${readFileSync(new URL('functions.zsh', import.meta.url), 'utf8')}`;

const escapeColons = (text) => text.replaceAll('\\', '\\\\').replaceAll(':', '\\:');

const described = (name, help) => singleQuoted(`${escapeColons(name)}:${oneLine(help)}`);

const oneLine = (text) => text.replace(/\s+/g, ' ');

const optionLines = (program, command) =>
  optionsOf(program, command)
    .map(({ name, help }) => `--${name}:${oneLine(help)}`)
    .join('\n');

const valuedWords = (program, command) =>
  optionsOf(program, command)
    .filter(takesValue)
    .map(({ name }) => `--${name}`)
    .join(' ');

function valueEntries(program, command) {
  return optionsOf(program, command).flatMap((option) => {
    const own = ownValues(option);
    if (!own) return [];
    const words = own.values ? own.values.join(' ') : own.files ? '@files' : '@folders';
    return [`  ${singleQuoted(`${command.name} --${option.name}`)} ${singleQuoted(words)}`];
  });
}

/** One of the program's own options as _arguments wants it: a form for each spelling, which exclude each other. */
function argumentsOf({ name, letter, value, placeholder, help }) {
  const spellings = [...(letter ? [`-${letter}`] : []), ...(name ? [`--${name}`] : [])];
  const others = `(${spellings.join(' ')})`;
  const text = help.replace(/[[\]:\\]/g, '\\$&');
  return spellings.map((spelling) => {
    const long = spelling.startsWith('--');
    if (!value || (value === 'optional' && !long)) return `${others}${spelling}[${text}]`;
    const separator = value === 'optional' ? '=-' : long ? '=' : '+';
    return `${others}${spelling}${separator}[${text}]:${placeholder}:${actions.get(name) ?? ''}`;
  });
}

const actions = new Map([
  ['connect', `(${URIS.map(([uri]) => uri.replaceAll(':', '\\:')).join(' ')})`],
  ['log', '_files'],
  ['debug', '(0 1 2 3 4)'],
  ['version', '(short long)'],
]);
