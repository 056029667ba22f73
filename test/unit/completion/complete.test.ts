import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { completeLine, completeWords, virshCandidates } from '../../../src/completion/index.js';
import { defineCommand, exclusive, type OptionSpec, Registry } from '../../../src/shell/index.js';
import { fakeHypervisor } from './fake-hypervisor.js';

const command = (name: string, options: OptionSpec[], more = {}) =>
  defineCommand({
    name,
    group: 'domain',
    summary: `does ${name}`,
    description: '',
    options,
    async run() {},
    ...more,
  });

const domainOption: OptionSpec = {
  name: 'domain',
  type: 'string',
  required: true,
  completer: 'domain',
  help: 'the domain',
};
const commands = [
  command(
    'start',
    [
      { ...domainOption, completer: 'domain-inactive' },
      { name: 'paused', type: 'flag', help: 'leave it paused' },
      { name: 'console', type: 'flag', help: '' },
      { name: 'begin', type: 'alias', target: 'paused', help: '' },
      { name: 'inner', type: 'flag', hidden: true, help: '' },
    ],
    { rules: [exclusive('paused', 'console')], json: { object: {} } },
  ),
  command('shutdown', [
    domainOption,
    { name: 'mode', type: 'string', values: ['acpi', 'agent', 'signal'], valueList: true, help: '' },
    { name: 'format', type: 'string', values: ['elf', 'raw'], help: '' },
  ]),
  command('snap', [
    domainOption,
    { name: 'snapshotname', type: 'string', completer: 'snapshot', help: '' },
    { name: 'file', type: 'string', positional: false, completer: 'path', help: '' },
    { name: 'dir', type: 'string', positional: false, completer: 'folder', help: '' },
    { name: 'disk', type: 'string', positional: false, completer: 'disk-target', help: '' },
    {
      name: 'disks',
      type: 'string',
      positional: false,
      completer: 'disk-target',
      valueList: true,
      help: '',
    },
    { name: 'interface', type: 'string', positional: false, completer: 'interface', help: '' },
    { name: 'mountpoint', type: 'string', positional: false, completer: 'mountpoint', help: '' },
    { name: 'memspec', type: 'string', positional: false, completer: 'memspec', help: '' },
    { name: 'diskspec', type: 'argv', completer: 'diskspec', help: '' },
  ]),
  command('help', [{ name: 'command', type: 'string', completer: 'command', help: '' }], { lenient: true }),
  command('inner', [], { hidden: true }),
];
const registry = new Registry(
  [{ keyword: 'domain', title: 'Domain Management' }],
  commands.map((spec) => ({ name: spec.name, group: 'domain', load: async () => ({ default: spec }) })),
);

/** Candidates of a line with the cursor at its end, as they would be put in. */
async function inserts(line: string): Promise<string[]> {
  const { candidates } = await completeLine(line, line.length, {
    registry,
    connection: fakeHypervisor().connect,
  });
  return candidates.map(({ insert }) => insert);
}

describe('what a line expects', () => {
  test.each([
    ['', ['start ', 'shutdown ', 'snap ', 'help ']],
    ['s', ['start ', 'shutdown ', 'snap ']],
    ['start', ['start ']],
    ['inn', []],
    ['nosuch ', ['start ', 'shutdown ', 'snap ', 'help ']],
    ['start ', ['mail\\ server ', '--domain ', '--paused ', '--console ', '--json ', '--help ']],
    ['start --', ['--domain ', '--paused ', '--console ', '--json ', '--help ']],
    ['start --pa', ['--paused ']],
    ['start --paused --', ['--domain ', '--json ', '--help ']],
    ['start x --paused --json --', ['--help ']],
    ['start --domain ', ['mail\\ server ']],
    ['start --domain=', ['--domain=mail\\ server ']],
    ['start --domain=m', ['--domain=mail\\ server ']],
    ['start --paused=', []],
    ['start -- ', ['mail\\ server ']],
    ['start x y', []],
    [
      'snap ',
      [
        'mail\\ server ',
        'web ',
        '--domain ',
        '--snapshotname ',
        '--file ',
        '--dir ',
        '--disk ',
        '--disks ',
        '--interface ',
        '--mountpoint ',
        '--memspec ',
        '--diskspec ',
        '--help ',
      ],
    ],
    ['shutdown w', ['web ']],
    ['shutdown --nosuch w', ['web ']],
    ['shutdown web --mode ', ['acpi ', 'agent ', 'signal ']],
    ['shutdown web --mode agent,', ['agent,acpi ', 'agent,signal ']],
    ['shutdown web --mode agent,s', ['agent,signal ']],
    ['shutdown web --format=r', ['--format=raw ']],
    ['snap web m', ['monday ']],
    ['snap 1 --snapshotname ', ['friday ', 'monday ']],
    ['snap 6695eb01-f6a4-8304-79aa-97f2502e193f --snapshotname f', ['friday ']],
    ['snap nosuch --snapshotname ', []],
    ['snap --snapshotname ', []],
    ['snap web --disk ', ['vda ', 'vdb ']],
    ['snap web --disks vda,', ['vda,vdb ']],
    ['snap web --interface ', ['vnet0 ', '52:54:00:00:00:02 ']],
    ['snap web --mountpoint ', ['/ ']],
    ['help st', ['start ']],
    ['help dom', ['domain ']],
  ])('%j', async (line, expected) => {
    expect(await inserts(line)).toEqual(expected);
  });
});

describe('specs', () => {
  test.each([
    ['snap web x ', ['vda', 'vdb']],
    ['snap web x --diskspec ', ['vda', 'vdb']],
    ['snap web x --diskspec vda,snapshot=no --diskspec ', ['vdb']],
    ['snap web x --diskspec vda,', ['vda,snapshot=', 'vda,driver=', 'vda,stype=', 'vda,file=']],
    [
      'snap web x --diskspec vda,snapshot=',
      ['vda,snapshot=internal', 'vda,snapshot=external', 'vda,snapshot=no'],
    ],
    ['snap web x --diskspec vda,snapshot=no,s', ['vda,snapshot=no,stype=']],
    ['snap web x --diskspec vda,driver=q', ['vda,driver=qcow2', 'vda,driver=qed']],
    ['snap web x --diskspec a,,b,sn', ['a,,b,snapshot=']],
    ['snap web --memspec file=x,', ['file=x,snapshot=']],
    ['snap web --memspec x,snapshot=e', ['x,snapshot=external ']],
    ['snap web --memspec snapshot=no,', ['snapshot=no,file=']],
  ])('%j', async (line, expected) => {
    const found = await inserts(line);
    expect(found.filter((each) => !each.startsWith('--'))).toEqual(expected);
  });
});

describe('places in a line', () => {
  test.each([
    ['help; sh', 6, 8, ['shutdown ']],
    ['help; shutdown "mai', 15, 19, ['"mail server" ']],
    ["start 'mai", 6, 10, ["'mail server' "]],
    ['start "mai', 6, 10, ['"mail server" ']],
    ['start mail\\ s', 6, 13, ['mail\\ server ']],
    ['start "mail s', 6, 13, ['"mail server" ']],
    ['"start" mai', 8, 11, ['mail\\ server ']],
    ['start x\nshutdown we', 17, 19, ['web ']],
    ['# sta', 5, 5, []],
    ['start # mai', 11, 11, []],
  ] as [string, number, number, string[]][])('%j', async (line, start, end, expected) => {
    const completion = await completeLine(line, line.length, {
      registry,
      connection: fakeHypervisor().connect,
    });
    expect([completion.start, completion.end]).toEqual([start, end]);
    expect(completion.candidates.map(({ insert }) => insert)).toEqual(expected);
  });

  test('what follows the cursor is left alone', async () => {
    const completion = await completeLine('sta web', 3, { registry, connection: fakeHypervisor().connect });
    expect([completion.start, completion.end, completion.candidates.map(({ text }) => text)]).toEqual([
      0,
      3,
      ['start'],
    ]);
  });

  test('an open quote stays open where the word may go on', async () => {
    expect(await inserts("snap web x --diskspec 'vda,sn")).toEqual(["'vda,snapshot="]);
  });
});

describe('paths', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'snapctl-complete-'));
    mkdirSync(join(folder, 'sub dir'));
    writeFileSync(join(folder, 'some,file'), '');
    writeFileSync(join(folder, '.hidden'), '');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('files and folders; a folder may be gone into', async () => {
    expect(await inserts(`snap web --file ${folder}/`)).toEqual([
      `${folder}/some,file `,
      `${folder}/sub\\ dir/`,
    ]);
    expect(await inserts(`snap web --file ${folder}/.h`)).toEqual([`${folder}/.hidden `]);
    expect(await inserts(`snap web --dir ${folder}/s`)).toEqual([`${folder}/sub\\ dir/`]);
    expect(await inserts('snap web --file /nonexistent/')).toEqual([]);
  });

  test('a comma is doubled in a spec', async () => {
    expect(await inserts(`snap web --memspec ${folder}/so`)).toEqual([`${folder}/some,,file`]);
    expect(await inserts(`snap web --memspec ${folder}/some,,f`)).toEqual([`${folder}/some,,file`]);
    expect(await inserts(`snap web x vda,file=${folder}/so`)).toEqual([`vda,file=${folder}/some,,file`]);
  });
});

describe('asking the hypervisor', () => {
  test('only when its names are wanted', async () => {
    const hypervisor = fakeHypervisor();
    const options = { registry, connection: hypervisor.connect };
    await completeWords([''], options);
    await completeWords(['start', '--'], options);
    await completeWords(['shutdown', 'x', '--mode', ''], options);
    await completeWords(['snap', '--file', '/'], options);
    expect(hypervisor.connections()).toBe(0);
    await completeWords(['start', ''], options);
    expect(hypervisor.connections()).toBe(1);
  });

  test('nothing is offered, and nothing thrown, when it is out of reach', async () => {
    const connection = async (): Promise<never> => {
      throw new Error('no connection');
    };
    expect(await completeWords(['start', 'm'], { registry, connection })).toEqual([]);
    expect(await completeWords(['start', '--p'], { registry, connection })).toHaveLength(1);
  });

  test('an abort ends the wait', async () => {
    const abort = new AbortController();
    const never = completeWords(['start', 'm'], {
      registry,
      connection: () => new Promise(() => undefined),
      signal: abort.signal,
    });
    abort.abort();
    expect(await never).toEqual([]);
  });

  test('states are told where a description is wanted', async () => {
    const options = { registry, connection: fakeHypervisor().connect };
    expect(await completeWords(['shutdown', 'w'], { ...options, describe: true })).toEqual([
      { text: 'web', help: 'running' },
    ]);
    expect(await completeWords(['shutdown', 'w'], options)).toEqual([{ text: 'web' }]);
  });
});

describe("virsh's way", () => {
  test.each([
    [['s'], ['start', 'shutdown', 'snap']],
    [
      ['start', ''],
      ['--domain', '--paused', '--console'],
    ],
    [['start', 'm'], ['mail\\ server']],
    [['start', 'mail\\ s'], ['mail\\ server']],
    [['start', '--domain', ''], ['mail\\ server']],
    [['start', '--domain=m'], []],
    [['start', '--paused'], []],
    [['start', '--paus'], ['--paused']],
    [['start;', 'shut'], ['shutdown']],
    [['snap', 'web', '--file', '/'], []],
    [['help', 'dom'], []],
    [['help', 'help'], ['help']],
  ])('%j', async (words, expected) => {
    expect(await virshCandidates(words, { registry, connection: fakeHypervisor().connect })).toEqual(
      expected,
    );
  });
});
