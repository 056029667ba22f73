import {
  bold,
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

/** The page of the program itself. */
export function programPage(program) {
  return [
    head('snapctl', program.version),
    section('NAME', 'snapctl \\- take, watch, revert and keep snapshots of virtual machines\n'),
    section(
      'SYNOPSIS',
      `${bold('snapctl')} [${italic('options')}]... [${italic('command_string')}]\n.br\n${bold('snapctl')} [${italic('options')}]... ${italic('command')} [${italic('args')}]...\n`,
    ),
    section('DESCRIPTION', description()),
    section('OPTIONS', program.globalOptions.map(globalOption).join('') + longVersion()),
    section('COMMANDS', commandList(program)),
    section('COMMANDS OF VIRSH THAT ARE MISSING', missing(program)),
    section('COMMAND LINES', grammar()),
    section('PAUSED GUESTS', paused()),
    section('CONNECTING', connecting()),
    section('JSON', json()),
    section('ENVIRONMENT', environment()),
    section('EXIT STATUS', exitStatus()),
    section('FILES', files()),
    section('EXAMPLES', examples()),
    seeAlso([...program.groups.map((group) => group.page), 'virsh', 'qemu-img']),
  ].join('');
}

const description = () =>
  [
    'snapctl controls QEMU/KVM virtual machines (domains) through libvirt, with snapshots of their memory and disks as its main job. Commands, options, messages and exit status are those of virsh(1): a script written for one runs with the other.',
    'With a command after the options snapctl runs it and exits. With a single argument that argument is a line, which may hold several commands. Without any it reads lines from standard input: at a prompt where that is a terminal, as a script otherwise.',
  ]
    .map(paragraph)
    .join('');

const longHelp = new Map([
  [
    'connect',
    'Connect to this hypervisor. Without it the environment decides, then libvirt (see CONNECTING).',
  ],
  ['debug', 'Print what the program does, from 0 (everything) to 4 (only errors, the default).'],
  [
    'escape',
    'Escape sequence of consoles: one character, or ^ and a character. Taken for the sake of scripts written for virsh; there is no console command.',
  ],
  ['help', 'Print usage and all commands, and exit.'],
  ['keepalive-interval', 'Ask the other side every so many seconds whether it is still there; 0 for never.'],
  ['keepalive-count', 'Take the connection for lost after so many questions without an answer.'],
  ['log', 'Append errors, and what --debug prints, to this file.'],
  ['quiet', 'Leave out headings, blank lines and remarks; print only what was asked for.'],
  ['readonly', 'Open connections that can look but not change anything.'],
  ['timing', 'Print how long each command took.'],
  [
    'version',
    'Print the version, and exit. Given as --version=long, also the versions of Node.js and libvirt.',
  ],
  ['json', 'Print the result of each command as one line of JSON (see JSON).'],
  ['no-color', 'Use no colour on the terminal.'],
]);

function globalOption({ name, letter, value, placeholder, help }) {
  const term = [letter ? `${bold(`-${letter}`)}, ` : '', bold(`--${name}`)].join('');
  const argument =
    value === 'optional' ? `[=${italic(placeholder)}]` : value ? ` ${italic(placeholder)}` : '';
  return item(`${term}${argument}`, longHelp.get(name) ?? `${help}.`);
}

const longVersion = () => item(bold('-V'), 'The same as --version=long.');

function commandList(program) {
  const groups = program.groups.map((group) => {
    const rows = group.commands.map(({ name, summary }) => item(bold(name), sentence(summary)));
    return subsection(group.title, `${paragraph(`Described in ${group.page}(1).`)}${rows.join('')}`);
  });
  const note =
    'Each command prints its own help with --help or with "help COMMAND"; "help GROUP" lists a group, by its title or its keyword.';
  return paragraph(note) + groups.join('');
}

const missing = (program) =>
  paragraph('Everything else that virsh 9.0 has is here. "help --missing" prints this list.') +
  [...program.missing].map(([name, reason]) => item(bold(name), `${sentence(reason)}`)).join('');

const grammar = () =>
  [
    paragraph(
      'A line holds commands separated by ; or line breaks. All of it is read before any of it runs, so a mistake anywhere means that nothing happens. After that each command runs even if the one before it failed.',
    ),
    paragraph(
      'A command is its name and then options and data in any order. --name turns a switch on, or gives the value that follows, which may also be written as --name=value. Data without a name goes to the options that take data, in the order of the synopsis, leaving out those given by name. After -- everything is data, even if it begins with dashes.',
    ),
    paragraph(
      'Blanks separate words. Within \'...\' everything stands for itself. Within "..." and outside quotes \\ makes the next character stand for itself; before a line break it joins two lines. # at the start of a word begins a comment, which ends with the line.',
    ),
    paragraph(
      'Options made of several parts (--diskspec, --memspec and the like) separate them with commas. A comma that belongs to a part, say in the name of a file, is written twice.',
    ),
    paragraph(
      'When the command is given as separate arguments, the shell has divided the words already: quotes, ; and # in them are plain characters.',
    ),
  ].join('');

const paused = () =>
  [
    'A snapshot with memory needs the guest to stand still while its state is consistent. For that time "domstate --reason" says "paused (creating snapshot)" and "list" says "paused". This is not an error and needs no help: the guest goes on by itself when the snapshot is done, and also when it fails or is interrupted. Resuming it by hand in that state would spoil the snapshot.',
    'How long it lasts depends on the kind of snapshot. An internal snapshot with memory, and an external one without --live, pause the guest until all its memory is written: seconds for each few gigabytes, depending on the disk. With --live an external snapshot copies memory while the guest runs and pauses it only for what changed last, usually well under a second; the copy takes longer then and its file grows with everything the guest rewrites meanwhile. A snapshot of disks only (--disk-only) pauses the guest for moments.',
    'If a guest stays paused after a command was killed, look at "domstate --reason" and at "domjobinfo" first: a job that still runs may be ended with "domjobabort"; "resume" then lets the guest go on.',
  ]
    .map(paragraph)
    .join('');

const connecting = () =>
  [
    paragraph(
      'Everything that libvirt opens can be named: the URI of the option --connect or of the command connect, else that of $VIRSH_DEFAULT_CONNECT_URI, else that of $LIBVIRT_DEFAULT_URI, else what libvirt itself chooses (uri_default in its configuration, then the first hypervisor that it finds).',
    ),
    item(bold('qemu:///system'), 'QEMU guests of the system daemon.'),
    item(bold('qemu:///session'), 'QEMU guests of your own.'),
    item(
      `${bold('qemu+ssh://')}${italic('user')}${bold('@')}${italic('host')}${bold('/system')}`,
      'The daemon of another machine, through SSH.',
    ),
    item(
      `${bold('qemu:///embed?root=')}${italic('DIR')}`,
      "libvirt's QEMU driver inside snapctl itself, without a daemon, with all its files below DIR. Guests go on when snapctl ends and are found again. One process at a time may use a folder. DIR/etc/qemu.conf configures the driver.",
    ),
    item(
      bold('test:///default'),
      'A made-up machine with one made-up guest, for trying commands. It is forgotten when snapctl ends.',
    ),
  ].join('');

const json = () =>
  [
    paragraph(
      'With --json, before the command for all of them or after its name for one, a command prints its result as one line of JSON instead of text. Each page of commands says what the line holds. Commands that only do something print {"message": "..."} with what they would have said. Errors still go to standard error as text, and the exit status is the same.',
    ),
    paragraph(
      'Whole numbers are JSON numbers as long as a double holds them exactly (up to 2 to the power of 53), and strings of digits beyond that. A property that has no value is left out.',
    ),
  ].join('');

const environment = () =>
  [
    ['VIRSH_DEFAULT_CONNECT_URI', 'The hypervisor to connect to where --connect is not given.'],
    ['LIBVIRT_DEFAULT_URI', 'The same, for all programs that use libvirt.'],
    ['VIRSH_DEBUG', 'The level of --debug where that is not given.'],
    ['VIRSH_LOG_FILE', 'The file of --log where that is not given.'],
    [
      'VISUAL, EDITOR',
      'The editor of edit, snapshot-edit and the like, with its options if need be; vi where neither is set.',
    ],
    ['TMPDIR', 'Where the file to edit is put.'],
    ['NO_COLOR', 'If it is set and not empty, no colour is used.'],
    ['LIBVIRT_DEBUG', "The level of libvirt's own messages, from 1 (everything) to 4 (only errors)."],
  ]
    .map(([name, text]) => item(bold(name), text))
    .join('');

const exitStatus = () =>
  [
    item(
      bold('0'),
      'The last command succeeded; also the end of a script on standard input, whatever its commands did.',
    ),
    item(
      bold('1'),
      'The last command failed, the line could not be read, or the hypervisor named could not be reached. The reason is on standard error, in lines that begin with "error: ".',
    ),
    item(
      bold('130'),
      'The command was interrupted with Ctrl-C. A long operation is aborted first, and the guest goes on as before.',
    ),
    item(bold('143'), 'The same, after SIGTERM.'),
  ].join('');

const files = () =>
  [
    item(
      bold('/etc/libvirt/libvirt.conf'),
      'Configuration of the libvirt library for root: uri_default, and uri_aliases for short names of URIs.',
    ),
    item(bold('~/.config/libvirt/libvirt.conf'), 'The same for other users.'),
  ].join('');

const examples = () =>
  [
    [
      'Freeze this moment of a running guest, memory and disk, without holding it up:',
      'snapctl snapshot-create-as web before-upgrade --live \\\n    --memspec file=/var/lib/snapshots/web.mem \\\n    --diskspec vda,file=/var/lib/snapshots/web.vda.qcow2',
    ],
    ['Go back to it:', 'snapctl snapshot-revert web before-upgrade'],
    ['Several commands on one connection:', "snapctl 'suspend web; domstate web --reason; resume web'"],
    ['Names of all snapshots, for a script:', "snapctl --json snapshot-list web | jq -r '.[].name'"],
    ['A script on standard input:', "printf 'list --all\\nnodeinfo\\n' | snapctl -q"],
  ]
    .map(([text, lines]) => paragraph(text) + example(lines))
    .join('');
