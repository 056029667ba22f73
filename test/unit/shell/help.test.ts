import { expect, test } from '@jest/globals';
import { commandHelp, defineCommand, synopsis } from '../../../src/shell/index.js';

const spec = defineCommand({
  name: 'sample',
  group: 'snapctl',
  summary: 'a sample',
  description: 'Does nothing.',
  options: [
    { name: 'domain', type: 'string', required: true, help: 'the domain' },
    { name: 'size', type: 'scaled', required: true, positional: false, help: 'the size' },
    { name: 'live', type: 'flag', help: 'now' },
    { name: 'note', type: 'string', help: 'a note' },
    { name: 'old', type: 'alias', target: 'note', help: '' },
    { name: 'secret', type: 'flag', hidden: true, help: 'not shown' },
    { name: 'rest', type: 'argv', help: 'the rest' },
  ],
  async run() {},
});

test('a synopsis shows what must be given, and how', () => {
  expect(synopsis(spec)).toBe(
    'sample <domain> --size <number> [--live] [--note <string>] [[--rest] <string>]...',
  );
});

test("help in virsh's layout, without aliases and hidden options", () => {
  expect(commandHelp(spec)).toBe(
    [
      '  NAME',
      '    sample - a sample',
      '',
      '  SYNOPSIS',
      '    sample <domain> --size <number> [--live] [--note <string>] [[--rest] <string>]...',
      '',
      '  DESCRIPTION',
      '    Does nothing.',
      '',
      '  OPTIONS',
      '    [--domain] <string>  the domain',
      '    --size <number>  the size',
      '    --live           now',
      '    --note <string>  a note',
      '    [--rest] <string>  the rest',
      '',
      '',
    ].join('\n'),
  );
});
