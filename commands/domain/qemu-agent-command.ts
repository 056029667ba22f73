import {
  VIR_DOMAIN_QEMU_AGENT_COMMAND_BLOCK,
  VIR_DOMAIN_QEMU_AGENT_COMMAND_DEFAULT,
  VIR_DOMAIN_QEMU_AGENT_COMMAND_NOWAIT,
} from '../../src/hypervisor/constants.js';
import {
  CommandError,
  defineCommand,
  domainOf,
  domainOption,
  formatJsonText,
  type JsonText,
  parseJsonText,
  plainJson,
  SilentFailure,
} from '../../src/shell/index.js';

export default defineCommand({
  name: 'qemu-agent-command',
  group: 'domain',
  summary: 'QEMU Guest Agent Command',
  description: 'Run an arbitrary qemu guest agent command; use at your own risk',
  manual: [
    'Sends a JSON command to the QEMU guest agent inside the guest and prints its reply: `qemu-agent-command guest \'{"execute":"guest-get-osinfo"}\'`. The guest needs the agent running and the domain a channel for it.',
    'Without options the reply is waited for as long as libvirt sees fit; --timeout waits so many seconds, --block for ever, and --async not at all. A command that was not waited for may still be run by the agent later.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'timeout', type: 'int', positional: false, help: 'timeout seconds. must be positive.' },
    { name: 'async', type: 'flag', help: 'execute command without waiting for timeout' },
    { name: 'block', type: 'flag', help: 'execute command without timeout' },
    { name: 'pretty', type: 'flag', help: 'pretty-print the output' },
    { name: 'cmd', type: 'argv', required: true, emptyOk: true, help: 'command' },
  ],
  json: 'any',
  async run(context, args) {
    const domain = await domainOf(context, args);
    const command = args.list('cmd').join(' ');
    let timeout = args.int('timeout') ?? VIR_DOMAIN_QEMU_AGENT_COMMAND_DEFAULT;
    if (args.has('timeout') && timeout < 1) throw new CommandError('timeout must be positive');
    if (args.flag('async')) timeout = VIR_DOMAIN_QEMU_AGENT_COMMAND_NOWAIT;
    if (args.flag('block')) timeout = VIR_DOMAIN_QEMU_AGENT_COMMAND_BLOCK;
    if ((['timeout', 'async', 'block'] as const).filter((name) => args.has(name)).length > 1) {
      throw new CommandError('timeout, async and block options are exclusive');
    }
    const reply = await domain.qemuAgentCommand(command, timeout);
    // virsh takes "no reply" for a failure even where none was waited for.
    if (reply === null) throw new SilentFailure('no reply');
    const json = tryParse(reply);
    const pretty = args.flag('pretty') && json;
    context.output.print(pretty ? `${formatJsonText(json, true)}\n\n` : `${reply}\n`);
    context.emit(json ? plainJson(json) : { text: reply });
  },
});

function tryParse(text: string): JsonText | undefined {
  try {
    return parseJsonText(text);
  } catch {
    return undefined;
  }
}
