import {
  VIR_DOMAIN_AFFECT_CONFIG,
  VIR_DOMAIN_AFFECT_LIVE,
  VIR_DOMAIN_METADATA_DESCRIPTION,
  VIR_DOMAIN_METADATA_TITLE,
  VIR_DOMAIN_XML_INACTIVE,
} from '../../src/hypervisor/constants.js';
import {
  defineCommand,
  domainDescription,
  domainOf,
  domainOption,
  exclusive,
  orFail,
  withEditedText,
} from '../../src/shell/index.js';

export default defineCommand({
  name: 'desc',
  group: 'domain',
  summary: "show or set domain's description or title",
  description: 'Allows setting or modifying the description or title of a domain.',
  manual: [
    'Without a text and without --edit the description, or with --title the title, is shown. Several words become one text with a blank between them; an empty text removes what was there.',
    'A running domain keeps two: --live is what it shows now, --config what it will show after its next start.',
  ],
  options: [
    domainOption(),
    { name: 'live', type: 'flag', bit: VIR_DOMAIN_AFFECT_LIVE, help: 'modify/get running state' },
    {
      name: 'config',
      type: 'flag',
      bit: VIR_DOMAIN_AFFECT_CONFIG,
      help: 'modify/get persistent configuration',
    },
    { name: 'current', type: 'flag', help: 'modify/get current state configuration' },
    { name: 'title', type: 'flag', help: 'modify/get the title instead of description' },
    { name: 'edit', type: 'flag', help: 'open an editor to modify the description' },
    { name: 'new-desc', type: 'argv', help: 'message' },
  ],
  rules: [exclusive('current', 'live'), exclusive('current', 'config')],
  json: { object: { 'title?': 'string', 'description?': 'string' } },
  async run(context, args) {
    const { output } = context;
    const domain = await domainOf(context, args);
    const what = args.flag('title') ? 'title' : 'description';
    const words = args.list('new-desc');
    const current = (): Promise<string> =>
      domainDescription(domain, what, args.flag('config') ? VIR_DOMAIN_XML_INACTIVE : 0);
    const show = (text: string): void => context.emit({ [what]: text });

    if (words.length === 0 && !args.flag('edit')) {
      const text = await current();
      show(text);
      if (text === '') output.extra(`No ${what} for domain: ${domain.name}`);
      else output.print(text);
      return;
    }
    let text = words.join(' ');
    if (args.flag('edit')) {
      const before = await current();
      const edited = await withEditedText(context, words.length > 0 ? text : before, (edit) => edit());
      // A title is one line, and many editors end every file with a line break.
      text = what === 'title' ? edited.replace(/\n$/, '') : edited;
      if (text === before) {
        show(text);
        output.extra(`Domain ${what} not changed\n`);
        return;
      }
    }
    const type = what === 'title' ? VIR_DOMAIN_METADATA_TITLE : VIR_DOMAIN_METADATA_DESCRIPTION;
    await orFail(
      `Failed to set new domain ${what}`,
      domain.setMetadata(type, text, null, null, args.bits('live', 'config')),
    );
    show(text);
    output.extra(`Domain ${what} updated successfully`);
  },
});
