import { VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP } from '../../src/hypervisor/constants.js';
import type { Domain } from '../../src/hypervisor/index.js';
import {
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  exclusive,
  formatJsonText,
  type JsonText,
  parseJsonText,
  parseWhole,
  plainJson,
} from '../../src/shell/index.js';

export default defineCommand({
  name: 'qemu-monitor-command',
  group: 'domain',
  summary: 'QEMU Monitor Command',
  description: 'QEMU Monitor Command',
  manual: [
    'Sends a command to the monitor of the QEMU process behind a domain and prints the reply. The command is a whole QMP object, or the name of a QMP command followed by its arguments, as one JSON object or as members of one: `qemu-monitor-command guest query-block`, `qemu-monitor-command guest human-monitor-command \'"command-line":"info status"\'`. With --hmp the words are a command of the human monitor.',
    'libvirt does not know what is changed behind its back, and may from then on have a wrong idea of the domain. Use it to look, and to change things only where there is no other way.',
    '--return-value prints only the value of the reply\'s "return", --pretty lays the reply out. --pass-fds hands open descriptors of this process to QEMU.',
    "Names of commands and of their arguments complete from what the domain's QEMU says it has.",
  ],
  options: [
    domainOption('domain-active'),
    { name: 'hmp', type: 'flag', help: 'command is in human monitor protocol' },
    { name: 'pretty', type: 'flag', help: 'pretty-print any qemu monitor protocol output' },
    {
      name: 'return-value',
      type: 'flag',
      help: "extract the value of the 'return' key from the returned string",
    },
    {
      name: 'pass-fds',
      type: 'string',
      positional: false,
      help: 'pass file descriptors N,M,... along with the command',
    },
    {
      name: 'cmd',
      type: 'argv',
      required: true,
      emptyOk: true,
      completer: 'monitor-command',
      help: 'command',
    },
  ],
  rules: [exclusive('hmp', 'pretty'), exclusive('hmp', 'return-value')],
  json: 'any',
  async run(context, args) {
    const domain = await domainOf(context, args);
    const hmp = args.flag('hmp');
    const words = args.list('cmd');
    const command = hmp ? words.join(' ') : qmpCommand(words);
    const files = descriptors(args.raw('pass-fds'));
    const flags = hmp ? VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP : 0;
    const reply = await send(domain, command, files, flags);

    const returnOnly = args.flag('return-value');
    const json = hmp ? undefined : tryParse(reply);
    if (returnOnly && !json) throw new CommandError('failed to parse JSON returned by qemu');
    let shown = json;
    if (returnOnly) {
      shown = json?.kind === 'object' ? json.members.get('return') : undefined;
      if (!shown) throw new CommandError("'return' member missing");
    }
    if (shown && (returnOnly || args.flag('pretty'))) {
      context.output.print(formatJsonText(shown, args.flag('pretty')));
    } else {
      context.output.print(`${reply}\n`);
    }
    context.emit(shown ? plainJson(shown) : { text: reply });
  },
});

async function send(
  domain: Domain,
  command: string,
  files: readonly number[] | undefined,
  flags: number,
): Promise<string> {
  if (!files) return domain.qemuMonitorCommand(command, flags);
  return (await domain.qemuMonitorCommandWithFiles(command, files, flags)).result;
}

/** @throws CommandError not numbers separated by commas. */
function descriptors(list: string | undefined): number[] | undefined {
  if (!list) return undefined;
  return list.split(',').map((text) => {
    const number = parseWhole(text);
    if (number === undefined || number !== BigInt.asIntN(32, number)) {
      throw new CommandError(`Unable to parse FD number '${text}'`);
    }
    return Number(number);
  });
}

/**
 * A QMP command from words: one that is an object already is sent as it is, otherwise the first word is the
 * command's name and the others are its arguments, an object together or members of one.
 * @throws CommandError the arguments make no object.
 */
function qmpCommand(words: readonly string[]): string {
  const whole = words.join(' ');
  if (tryParse(whole)?.kind === 'object') return whole;
  const [name = '', ...rest] = words;
  const members = new Map<string, JsonText>([['execute', { kind: 'string', value: name }]]);
  if (rest.length > 0) members.set('arguments', qmpArguments(rest));
  return formatJsonText({ kind: 'object', members });
}

function qmpArguments(words: readonly string[]): JsonText {
  const whole = words.join(' ');
  const parsed = tryParse(whole);
  if (parsed?.kind === 'object') return parsed;
  const wrapped = `{${words.join(',')}}`;
  try {
    return parseJsonText(wrapped);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      `failed to wrap arguments '${whole}' into a QMP command wrapper`,
      new Error(`internal error: cannot parse json ${wrapped}: ${problem}`),
    );
  }
}

function tryParse(text: string): JsonText | undefined {
  try {
    return parseJsonText(text);
  } catch {
    return undefined;
  }
}
