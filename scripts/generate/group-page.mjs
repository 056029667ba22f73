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
    section('COMMANDS', group.commands.map((command) => commandSection(program, command)).join('')),
    seeAlso(['snapctl', ...others.map((other) => other.page), 'virsh']),
  ].join('');
}

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
    .split(/(--[a-z0-9-]+|<[a-z0-9-]+>)/)
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
