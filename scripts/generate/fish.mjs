import { readFileSync } from 'node:fs';
import { HEADER, optionsOf, ownValues, programOptions, takesValue, URIS } from './words.mjs';

/** Completion for fish 3 and newer. */
export const fishCompletion = (program) => `${HEADER}
# fish completion for snapctl. Names of commands, options and fixed values are in here; names of domains, snapshots,
# disks and so on come from the hypervisor that the command line names.

${readFileSync(new URL('functions.fish', import.meta.url), 'utf8')}
complete -c snapctl -f

${programOptions(program).map(globalLine).join('\n')}

${program.commands.map(commandLine).join('\n')}

complete -c snapctl -n __snapctl_wants_value -a '(__snapctl_ask)'

${program.commands
  .map((command) =>
    optionsOf(program, command)
      .map((option) => optionLine(command, option))
      .join('\n'),
  )
  .join('\n\n')}
`;

const quoted = (text) => `'${text.replace(/\s+/g, ' ').replace(/[\\']/g, '\\$&')}'`;

const commandLine = ({ name, summary }) =>
  `complete -c snapctl -n __snapctl_wants_command -a ${name} -d ${quoted(summary)}`;

function optionLine(command, option) {
  const line = `complete -c snapctl -n '__snapctl_in ${command.name}' -l ${option.name} -d ${quoted(option.help)}`;
  return takesValue(option) ? `${line} ${valueFlags(option)}` : line;
}

function valueFlags(option) {
  const own = ownValues(option);
  if (own?.values) return `-x -a ${quoted(own.values.join(' '))}`;
  if (own?.files) return '-r -F';
  if (own?.folders) return `-x -a '(__fish_complete_directories)'`;
  return `-x -a '(__snapctl_ask)'`;
}

function globalLine({ name, letter, value, help }) {
  const parts = ['complete -c snapctl -n __snapctl_wants_command'];
  if (letter) parts.push(`-s ${letter}`);
  if (name) parts.push(`-l ${name}`);
  parts.push(`-d ${quoted(help)}`);
  if (name === 'connect') parts.push(`-x -a ${quoted(URIS.map(([uri]) => uri).join(' '))}`);
  else if (name === 'log') parts.push('-r -F');
  else if (name === 'debug') parts.push(`-x -a '0 1 2 3 4'`);
  else if (value === 'required') parts.push('-x');
  return parts.join(' ');
}
