import { readFileSync } from 'node:fs';
import { HEADER, optionsOf, ownValues, programOptions, singleQuoted, takesValue, URIS } from './words.mjs';

/** Completion for bash 4 and newer; needs nothing of the bash-completion package. */
export const bashCompletion = (program) => `${HEADER}
# bash completion for snapctl. Names of commands, options and fixed values are in here; names of domains, snapshots,
# disks and so on come from the hypervisor that the command line names.

_snapctl_commands=${singleQuoted(program.commands.map(({ name }) => name).join(' '))}
_snapctl_globals=${singleQuoted(globalWords(program))}
_snapctl_uris=${singleQuoted(URIS.map(([uri]) => uri).join(' '))}

# Options of a command.
_snapctl_options() {
  case $1 in
${cases(program.commands.map((command) => [command.name, words(optionsOf(program, command))]))}
  esac
}

# The options of a command that take a value.
_snapctl_valued() {
  case $1 in
${cases(program.commands.map((command) => [command.name, words(optionsOf(program, command).filter(takesValue))]))}
  esac
}

# Values of an option that are always the same, @files or @folders; nothing where the hypervisor must be asked.
_snapctl_values() {
  case "$1 $2" in
${cases(program.commands.flatMap((command) => optionsOf(program, command).map((option) => [`"${command.name} --${option.name}"`, valueWords(option)])))}
  esac
}

${readFileSync(new URL('functions.bash', import.meta.url), 'utf8')}`;

const words = (options) => options.map(({ name }) => `--${name}`).join(' ');

function valueWords(option) {
  const own = ownValues(option);
  if (own?.values) return own.values.join(' ');
  if (own?.files) return '@files';
  return own?.folders ? '@folders' : '';
}

const globalWords = (program) =>
  programOptions(program)
    .flatMap(({ name, letter }) => [...(letter ? [`-${letter}`] : []), ...(name ? [`--${name}`] : [])])
    .join(' ');

/** Branches of a case that sets REPLY; those with the same answer share one, an empty answer is the default. */
function cases(entries) {
  const patterns = new Map();
  for (const [pattern, answer] of entries) {
    if (answer !== '') patterns.set(answer, [...(patterns.get(answer) ?? []), pattern]);
  }
  return [...[...patterns].map(([answer, list]) => [list.join(' | '), answer]), ['*', '']]
    .map(([pattern, answer]) => `    ${pattern}) REPLY=${singleQuoted(answer)} ;;`)
    .join('\n');
}
