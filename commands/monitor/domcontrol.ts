import { VIR_DOMAIN_CONTROL_ERROR, VIR_DOMAIN_CONTROL_OK } from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption, fixedDecimals } from '../../src/shell/index.js';

/** By number of virDomainControlState. */
const stateWords = ['ok', 'background job', 'occupied', 'error'];
/** By number of virDomainControlErrorReason. */
const reasonWords = ['', 'unknown', 'monitor failure', 'internal (locking) error'];

export default defineCommand({
  name: 'domcontrol',
  group: 'monitor',
  summary: 'domain control interface state',
  description: 'Returns state of a control interface to the domain.',
  manual: [
    'The control interface is the line by which the hypervisor gives orders to the guest process. "ok" means that ' +
      'it is free; "background job" and "occupied" say for how long something has been using it; "error" means ' +
      'that it has failed, and commands on this guest fail until it is restarted.',
  ],
  options: [domainOption('domain-active')],
  json: { object: { state: 'string', 'reason?': 'string', 'busyMs?': 'integer' } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const { state, details, stateTime } = await domain.getControlInfo();
    const word = stateWords[state] ?? 'unknown';
    if (state === VIR_DOMAIN_CONTROL_ERROR && details > 0) {
      const reason = reasonWords[details] ?? 'unknown';
      context.emit({ state: word, reason });
      context.output.print(`${word}: ${reason}\n`);
    } else if (state === VIR_DOMAIN_CONTROL_OK || state === VIR_DOMAIN_CONTROL_ERROR) {
      context.emit({ state: word });
      context.output.print(`${word}\n`);
    } else {
      context.emit({ state: word, busyMs: stateTime });
      context.output.print(`${word} (${fixedDecimals(Number(stateTime) / 1000, 3)}s)\n`);
    }
  },
});
