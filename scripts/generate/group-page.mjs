import { jsonType } from './json-type.mjs';
import {
  bold,
  escapeRoff,
  example,
  head,
  italic,
  item,
  paragraph,
  section,
  seeAlso,
  sentence,
  subsection,
} from './roff.mjs';

/** More values than this are named by completion only. */
const MAX_LISTED_VALUES = 24;

/** The page of one group of commands. */
export function groupPage(program, group) {
  const others = program.groups.filter((other) => other !== group);
  return [
    head(group.page, program.version),
    section('NAME', `${escapeRoff(group.page)} \\- ${escapeRoff(`commands of snapctl: ${group.title}`)}\n`),
    section(
      'SYNOPSIS',
      `${bold('snapctl')} [${italic('options')}]... ${italic('command')} [${italic('args')}...]\n`,
    ),
    section('DESCRIPTION', descriptionOf(group)),
    ...(group.keyword === 'snapctl' ? interactiveShell(program) : []),
    section('COMMANDS', group.commands.map((command) => commandSection(program, command)).join('')),
    seeAlso(['snapctl', ...others.map((other) => other.page), 'virsh']),
  ].join('');
}

/** What the shell's own page tells besides its commands. */
const interactiveShell = ({ keymap, keyLabel, lineForms }) => [
  section(
    'INTERACTIVE SHELL',
    [
      'Without a command, and with a terminal at both ends, snapctl is a shell with line editing, completion and history. Tab completes the word at the cursor and lists what it could be; hit again it goes through the list. What the history has for a line is shown dimmed after it; Right takes it. Text that is pasted runs line by line. A line whose quotes are open, or that ends in a backslash, goes on in the next one.',
      'Ctrl-C aborts the running command, which leaves the guest as it was; a second one within two seconds leaves as soon as all is cleaned up. Ctrl-D and quit leave; while a command runs, Ctrl-D asks first.',
      'Besides commands a line may be:',
    ]
      .map(paragraph)
      .join('') +
      lineForms.map(({ form, help }) => item(bold(form), sentence(help))).join('') +
      paragraph(
        "After | the rest of the line is the program's. The sign must stand between blanks and outside quotes, after a command; it applies to the last command before it, and only in the interactive shell. After the name of a file, a semicolon and further commands may follow.",
      ) +
      paragraph(
        'The history is kept in $XDG_CACHE_HOME/snapctl/history (~/.cache/snapctl/history), readable by the user alone and shared by all shells. A line that begins with a blank is not kept. With INK_SCREEN_READER=true in the environment the shell writes for a screen reader, and with TERM=dumb it does without editing.',
      ),
  ),
  section(
    'KEYS',
    keymap
      .map(({ title, bindings }) =>
        [
          paragraph(`${title}:`),
          ...bindings.map(({ keys, help }) => item(bold(keys.map(keyLabel).join(', ')), sentence(help))),
        ].join(''),
      )
      .join(''),
  ),
];

const descriptionOf = (group) =>
  paragraph(
    `The commands of the group ${group.title} (help keyword ${group.keyword}). Options of the program itself, the grammar of command lines, exit status and environment are described in snapctl(1). Every command also takes --help, which prints its help instead of running it, and --json.`,
  );

function commandSection(program, command) {
  const options = program.documentedOptions(command);
  const parts = [paragraph(sentence(command.summary)), synopsisParagraph(program, command)];
  const description = command.description.trim().replace(/\s+/g, ' ');
  if (description !== '' && plain(description) !== plain(command.summary))
    parts.push(paragraph(sentence(description)));
  for (const text of command.manual ?? []) parts.push(paragraph(text));
  for (const { option, named } of options) {
    parts.push(item(optionTerm(program.optionForm(option, named)), optionText(command, option)));
  }
  const extras = program.extraOptions(command);
  if (extras.length > 0) parts.push(paragraph('Options that virsh does not have:'));
  for (const option of extras) {
    parts.push(item(optionTerm(program.optionForm(option, false)), optionText(command, option)));
  }
  if (command.json) {
    parts.push(paragraph('JSON:'), example(jsonType(command.json)));
  }
  return subsection(command.name, parts.join(''));
}

const plain = (text) => text.toLowerCase().replace(/\.$/, '');

function synopsisParagraph(program, command) {
  const [name, ...words] = program.synopsis(command).split(' ');
  return `.PP\n${[bold(name), ...words.map(markWord)].join(' ')}\n`;
}

const optionTerm = (form) => form.split(' ').map(markWord).join(' ');

/** Options in bold, values in italics, brackets as they are. */
const markWord = (word) =>
  word
    .split(/(--[A-Za-z0-9-]+|<[a-z0-9-]+>)/)
    .map((part) => {
      if (part.startsWith('--')) return bold(part);
      if (part.startsWith('<')) return italic(part.slice(1, -1));
      return escapeRoff(part);
    })
    .join('');

/** The option's help, then what else its data tells: values, and what it goes with or doesn't. */
function optionText(command, option) {
  const sentences = [sentence(option.help)];
  if (option.values && option.values.length <= MAX_LISTED_VALUES) {
    const list = option.valueList ? 'One or more, separated by commas, of' : 'One of';
    sentences.push(`${list} ${option.values.join(', ')}.`);
  }
  for (const rule of command.rules ?? []) {
    if ('exclusive' in rule) {
      const [a, b] = rule.exclusive;
      if (a === option.name) sentences.push(`Excludes --${b}.`);
      if (b === option.name) sentences.push(`Excludes --${a}.`);
    } else if (rule.option === option.name) sentences.push(`Requires --${rule.requires}.`);
  }
  return sentences.join(' ');
}
