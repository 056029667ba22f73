import {
  VIR_DOMAIN_START_AUTODESTROY,
  VIR_DOMAIN_START_BYPASS_CACHE,
  VIR_DOMAIN_START_FORCE_BOOT,
  VIR_DOMAIN_START_PAUSED,
  VIR_DOMAIN_START_RESET_NVRAM,
  VIR_ERR_INVALID_ARG,
  VIR_ERR_NO_SUPPORT,
} from '../../src/hypervisor/constants.js';
import { type Domain, HypervisorError } from '../../src/hypervisor/index.js';
import { CommandError, defineCommand, domainOf, orFail } from '../../src/shell/index.js';
import { attachConsole } from './attach-console.js';
import { passedDescriptors } from './passed-descriptors.js';

export default defineCommand({
  name: 'start',
  group: 'domain',
  summary: 'start a (previously defined) inactive domain',
  description:
    'Start a domain, either from the last managedsave\n    state, or via a fresh boot if no managedsave state\n    is present.',
  manual: [
    'Where a managed save exists, the domain goes on from it and the save is used up; --force-boot throws the save away and boots afresh.',
    'With --autodestroy the domain is stopped the moment this program ends its connection; that is of use in a session of several commands. --console gives the terminal to the domain once it has started, as console does.',
  ],
  options: [
    {
      name: 'domain',
      type: 'string',
      required: true,
      completer: 'domain-inactive',
      help: 'name of the inactive domain',
    },
    { name: 'console', type: 'flag', help: 'attach to console after creation' },
    {
      name: 'paused',
      type: 'flag',
      bit: VIR_DOMAIN_START_PAUSED,
      help: 'leave the guest paused after creation',
    },
    {
      name: 'autodestroy',
      type: 'flag',
      bit: VIR_DOMAIN_START_AUTODESTROY,
      help: 'automatically destroy the guest when virsh disconnects',
    },
    {
      name: 'bypass-cache',
      type: 'flag',
      bit: VIR_DOMAIN_START_BYPASS_CACHE,
      help: 'avoid file system cache when loading',
    },
    {
      name: 'force-boot',
      type: 'flag',
      bit: VIR_DOMAIN_START_FORCE_BOOT,
      help: 'force fresh boot by discarding any managed save',
    },
    { name: 'pass-fds', type: 'string', help: 'pass file descriptors N,M,... to the guest' },
    {
      name: 'reset-nvram',
      type: 'flag',
      bit: VIR_DOMAIN_START_RESET_NVRAM,
      help: 're-initialize NVRAM from its pristine template',
    },
  ],
  attaches: { with: 'console' },
  async run(context, args) {
    const domain = await domainOf(context, args, ['uuid', 'name']);
    if ((await domain.getID()) !== -1) throw new CommandError('Domain is already active');
    const files = passedDescriptors(args.raw('pass-fds'));
    const start = (flags: number): Promise<void> => {
      if (files.length > 0) return domain.createWithFiles(files, flags);
      // Daemons older than the flags have the plain function only.
      return flags === 0 ? domain.create() : domain.createWithFlags(flags);
    };
    const flags = args.bits();
    if (!args.flag('force-boot') || !(await startsAfresh(() => start(flags), domain))) {
      await orFail(`Failed to start domain '${domain.name}'`, start(flags & ~VIR_DOMAIN_START_FORCE_BOOT));
    }
    context.output.extra(`Domain '${domain.name}' started\n`);
    if (args.flag('console')) await attachConsole(context, domain);
  },
});

/**
 * Starts with VIR_DOMAIN_START_FORCE_BOOT. Where that flag is unknown, the managed save is removed instead.
 * @returns false if the domain is still to be started, without the flag.
 */
async function startsAfresh(start: () => Promise<void>, domain: Domain): Promise<boolean> {
  try {
    await start();
    return true;
  } catch (error) {
    const unknown =
      error instanceof HypervisorError &&
      (error.code === VIR_ERR_NO_SUPPORT || error.code === VIR_ERR_INVALID_ARG);
    if (!unknown) throw error;
  }
  // A driver without managed saves fails here, and then there is none to remove.
  if (await domain.hasManagedSaveImage().catch(() => false)) await domain.managedSaveRemove();
  return false;
}
