import { defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'managedsave-remove',
  group: 'domain',
  summary: 'Remove managed save of a domain',
  description: 'Remove an existing managed save state file from a domain',
  manual: ['The memory that was saved is lost: the next start boots the guest as after a power failure.'],
  options: [domainOption('domain-with-managed-save')],
  async run(context, args) {
    const domain = await domainOf(context, args);
    const name = args.text('domain');
    const saved = await orFail('Failed to check for domain managed save image', domain.hasManagedSaveImage());
    if (!saved) {
      context.output.extra(`Domain '${name}' has no manage save image; removal skipped`);
      return;
    }
    await orFail(`Failed to remove managed save image for domain '${name}'`, domain.managedSaveRemove());
    context.output.extra(`Removed managedsave image for domain '${name}'`);
  },
});
