import { VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK } from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'guest-agent-timeout',
  group: 'domain',
  summary: 'Set the guest agent timeout',
  description: 'Set the number of seconds to wait for a response from the guest agent.',
  manual: [
    "Sets how many seconds libvirt waits for the agent of a guest before it gives up; -2 (the default) for ever, -1 libvirt's own 5 seconds, 0 not at all.",
  ],
  options: [domainOption(), { name: 'timeout', type: 'int', positional: false, help: 'timeout seconds.' }],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const seconds = args.int('timeout') ?? VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK;
    await domain.agentSetResponseTimeout(seconds);
  },
});
