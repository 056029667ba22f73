import { defineCommand, domainOf, domainOption, orFail, typedValueText } from '../../src/shell/index.js';
import { parametersShape } from './tunable-parameters.js';

export default defineCommand({
  name: 'domlaunchsecinfo',
  group: 'domain',
  summary: 'Get domain launch security info',
  description: 'Get the launch security parameters for a guest domain',
  options: [domainOption()],
  json: parametersShape,
  async run(context, args) {
    const domain = await domainOf(context, args);
    const parameters = await orFail(
      'Unable to get launch security parameters',
      domain.getLaunchSecurityInfo(),
    );
    context.emit(Object.fromEntries(parameters.map(({ field, value }) => [field, value])));
    for (const parameter of parameters) {
      context.output.print(`${parameter.field.padEnd(15)}: ${typedValueText(parameter)}\n`);
    }
  },
});
