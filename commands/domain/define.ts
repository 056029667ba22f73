import { VIR_DOMAIN_DEFINE_VALIDATE } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail, readTextFile, validateOption, xmlFileOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'define',
  group: 'domain',
  summary: "define (but don't start) a domain from an XML file",
  description: 'Define a domain.',
  manual: [
    'A domain of the same name and UUID is redefined; if it runs, the change counts from its next start.',
  ],
  options: [xmlFileOption('an XML domain description'), validateOption(VIR_DOMAIN_DEFINE_VALIDATE)],
  async run(context, args) {
    const { connection } = context;
    const from = args.text('file');
    const flags = args.bits();
    const xml = await readTextFile(from);
    const domain = await orFail(
      `Failed to define domain from ${from}`,
      // Daemons older than the flags have the plain function only.
      flags === 0 ? connection.domainDefineXML(xml) : connection.domainDefineXMLFlags(xml, flags),
    );
    context.output.extra(`Domain '${domain.name}' defined from ${from}\n`);
  },
});
