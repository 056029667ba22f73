import { VIR_SECRET_DEFINE_VALIDATE } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail, readTextFile, validateOption } from '../../src/shell/index.js';

export default defineCommand({
  name: 'secret-define',
  group: 'secret',
  summary: 'define or modify a secret from an XML file',
  description: 'Define or modify a secret.',
  options: [
    {
      name: 'file',
      type: 'string',
      required: true,
      completer: 'path',
      help: 'file containing secret attributes in XML',
    },
    validateOption(VIR_SECRET_DEFINE_VALIDATE),
  ],
  json: { object: { uuid: 'string' } },
  async run(context, args) {
    const file = args.text('file');
    const xml = await readTextFile(file);
    const { uuid } = await orFail(
      `Failed to set attributes from ${file}`,
      context.connection.secretDefineXML(xml, args.bits()),
    );
    context.emit({ uuid });
    context.output.extra(`Secret ${uuid} created\n`);
  },
});
