import { describeReason, describeState } from '../../src/hypervisor/index.js';
import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'domstate',
  group: 'monitor',
  summary: 'domain state',
  description: 'Returns state about a domain.',
  manual: [
    'With --reason, also why: "paused (creating snapshot)" is a guest that stands still while a full snapshot saves ' +
      'its memory, and goes on by itself; "paused (user)" waits for resume; "paused (I/O error)" waits for its ' +
      'storage to be repaired (see domblkerror).',
  ],
  options: [domainOption(), { name: 'reason', type: 'flag', help: 'also print reason for the state' }],
  json: { object: { state: 'string', reason: 'string' } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const state = await domain.getState();
    const word = describeState(state.state);
    const reason = describeReason(state.state, state.reason);
    context.emit({ state: word, reason });
    context.output.print(args.flag('reason') ? `${word} (${reason})\n` : `${word}\n`);
  },
});
