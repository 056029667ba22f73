import {
  VIR_DOMAIN_FD_ASSOCIATE_SECLABEL_RESTORE,
  VIR_DOMAIN_FD_ASSOCIATE_SECLABEL_WRITABLE,
} from '../../src/hypervisor/constants.js';
import { defineCommand, domainOf, domainOption } from '../../src/shell/index.js';
import { passedDescriptors } from './passed-descriptors.js';

export default defineCommand({
  name: 'dom-fd-associate',
  group: 'domain',
  summary: 'associate a FD with a domain',
  description: 'associate a FD with a domain',
  options: [
    domainOption(),
    { name: 'name', type: 'string', required: true, help: 'name of the FD group' },
    { name: 'pass-fds', type: 'string', required: true, help: 'file descriptors N,M,... to associate' },
    {
      name: 'seclabel-writable',
      type: 'flag',
      bit: VIR_DOMAIN_FD_ASSOCIATE_SECLABEL_WRITABLE,
      help: 'use seclabels allowing writes',
    },
    {
      name: 'seclabel-restore',
      type: 'flag',
      bit: VIR_DOMAIN_FD_ASSOCIATE_SECLABEL_RESTORE,
      help: 'try to restore security label after use if possible',
    },
  ],
  async run(context, args) {
    const name = args.text('name');
    const domain = await domainOf(context, args);
    await domain.fdAssociate(name, passedDescriptors(args.optional('pass-fds')), args.bits());
  },
});
