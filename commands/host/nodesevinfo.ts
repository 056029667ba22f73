import { camelCase, defineCommand, orFail, typedValueText } from '../../src/shell/index.js';

export default defineCommand({
  name: 'nodesevinfo',
  group: 'host',
  summary: 'node SEV information',
  description: 'Returns basic SEV information about the node.',
  manual: [
    'What the owner of a guest needs to prepare it for encrypted memory on this AMD host: the platform key, the ' +
      'certificate chain and the position of the encryption bit.',
  ],
  options: [],
  json: { map: { oneOf: ['integer', 'number', 'string', 'boolean'] } },
  async run(context) {
    const parameters = await orFail(
      'Unable to get host SEV information',
      context.connection.nodeGetSEVInfo(),
    );
    context.emit(Object.fromEntries(parameters.map(({ field, value }) => [camelCase(field), value])));
    for (const parameter of parameters) {
      context.output.print(`${parameter.field.padEnd(18)}: ${typedValueText(parameter)}\n`);
    }
  },
});
