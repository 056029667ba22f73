import {
  VIR_DOMAIN_START_AUTODESTROY,
  VIR_DOMAIN_START_PAUSED,
  VIR_DOMAIN_START_RESET_NVRAM,
  VIR_DOMAIN_START_VALIDATE,
} from '../../src/hypervisor/constants.js';
import type { Domain } from '../../src/hypervisor/index.js';
import {
  type Context,
  defineCommand,
  errorLines,
  InterruptedError,
  orFail,
  readTextFile,
  validateOption,
  xmlFileOption,
} from '../../src/shell/index.js';
import { attachConsole } from './attach-console.js';
import { passedDescriptors } from './passed-descriptors.js';

export default defineCommand({
  name: 'create',
  group: 'domain',
  summary: 'create a domain from an XML file',
  description: 'Create a domain.',
  manual: [
    'The domain is transient: it runs at once and is forgotten when it stops. Use define and start for one that stays known.',
    '--console gives the terminal to the domain once it runs, as console does; that this fails is told, and is no failure of create.',
  ],
  options: [
    xmlFileOption('an XML domain description'),
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
    { name: 'pass-fds', type: 'string', help: 'pass file descriptors N,M,... to the guest' },
    validateOption(VIR_DOMAIN_START_VALIDATE),
    {
      name: 'reset-nvram',
      type: 'flag',
      bit: VIR_DOMAIN_START_RESET_NVRAM,
      help: 're-initialize NVRAM from its pristine template',
    },
  ],
  attaches: { with: 'console' },
  async run(context, args) {
    const { connection } = context;
    const from = args.text('file');
    const xml = await readTextFile(from);
    const files = passedDescriptors(args.raw('pass-fds'));
    const flags = args.bits();
    const domain = await orFail(
      `Failed to create domain from ${from}`,
      files.length > 0
        ? connection.domainCreateXMLWithFiles(xml, files, flags)
        : connection.domainCreateXML(xml, flags),
    );
    context.output.extra(`Domain '${domain.name}' created from ${from}\n`);
    if (args.flag('console')) await attachOrTell(context, domain);
  },
});

/** The domain was made, and that is what counts: as in virsh, a console that can't be had is no failure. */
async function attachOrTell(context: Context, domain: Domain): Promise<void> {
  try {
    await attachConsole(context, domain);
  } catch (error) {
    if (error instanceof InterruptedError) throw error;
    context.session.noteFailure(error);
    for (const line of errorLines(error)) context.output.error(line);
  }
}
