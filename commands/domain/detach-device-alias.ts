import { defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';

export default defineCommand({
  name: 'detach-device-alias',
  group: 'domain',
  summary: 'detach device from an alias',
  description: 'Detach device identified by the given alias from a domain',
  manual: [
    'Asks a guest to let go of the device with the alias that `dumpxml` shows, and does not wait: `event --event device-removed` tells when it has gone.',
  ],
  options: [
    domainOption(),
    { name: 'alias', type: 'string', required: true, completer: 'device-alias', help: 'device alias' },
    ...affectOptions,
  ],
  rules: [...affectRules],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const alias = args.text('alias');
    await orFail(`Failed to detach device with alias ${alias}`, domain.detachDeviceAlias(alias, args.bits()));
    context.output.extra('Device detach request sent successfully\n');
  },
});
