import type { Arguments } from '../../src/shell/index.js';
import { poolTypes } from './pool-types.js';

/** The words of a command that has these options, and maybe more. */
type PoolArguments = Pick<Arguments<typeof poolXmlOptions>, 'text' | 'optional'>;

/** What pool-create-as and pool-define-as make a pool's description of. */
export const poolXmlOptions = [
  { name: 'name', type: 'string', required: true, help: 'name of the pool' },
  { name: 'type', type: 'string', required: true, values: poolTypes, help: 'type of the pool' },
  { name: 'print-xml', type: 'flag', help: "print XML document, but don't define/create" },
  { name: 'source-host', type: 'string', help: 'source-host for underlying storage' },
  { name: 'source-path', type: 'string', help: 'source path for underlying storage' },
  { name: 'source-dev', type: 'string', help: 'source device for underlying storage' },
  { name: 'source-name', type: 'string', help: 'source name for underlying storage' },
  { name: 'target', type: 'string', help: 'target for underlying storage' },
  { name: 'source-format', type: 'string', help: 'format for underlying storage' },
  { name: 'auth-type', type: 'string', help: 'auth type to be used for underlying storage' },
  { name: 'auth-username', type: 'string', help: 'auth username to be used for underlying storage' },
  { name: 'secret-usage', type: 'string', help: 'auth secret usage to be used for underlying storage' },
  { name: 'secret-uuid', type: 'string', help: 'auth secret UUID to be used for underlying storage' },
  { name: 'adapter-name', type: 'string', help: 'adapter name to be used for underlying storage' },
  { name: 'adapter-wwnn', type: 'string', help: 'adapter wwnn to be used for underlying storage' },
  { name: 'adapter-wwpn', type: 'string', help: 'adapter wwpn to be used for underlying storage' },
  {
    name: 'adapter-parent',
    type: 'string',
    help: 'adapter parent scsi_hostN to be used for underlying vHBA storage',
  },
  {
    name: 'adapter-parent-wwnn',
    type: 'string',
    help: 'adapter parent scsi_hostN wwnn to be used for underlying vHBA storage',
  },
  {
    name: 'adapter-parent-wwpn',
    type: 'string',
    help: 'adapter parent scsi_hostN wwpn to be used for underlying vHBA storage',
  },
  {
    name: 'adapter-parent-fabric-wwn',
    type: 'string',
    help: 'adapter parent scsi_hostN fabric_wwn to be used for underlying vHBA storage',
  },
  { name: 'source-protocol-ver', type: 'string', help: 'nfsvers value for NFS pool mount option' },
  { name: 'source-initiator', type: 'string', help: 'initiator iqn for underlying storage' },
] as const;

/** The description of a pool that the options ask for. As in virsh nothing is escaped. */
export function poolXml(args: PoolArguments): string {
  const source = [
    ...element(args.optional('source-host'), (host) => `<host name='${host}'/>`),
    ...element(args.optional('source-path'), (path) => `<dir path='${path}'/>`),
    ...element(args.optional('source-dev'), (path) => `<device path='${path}'/>`),
    ...element(args.optional('source-initiator'), (name) => [
      '<initiator>',
      `  <iqn name='${name}'/>`,
      '</initiator>',
    ]),
    ...adapter(args),
    ...auth(args),
    ...element(args.optional('source-format'), (format) => `<format type='${format}'/>`),
    ...element(args.optional('source-name'), (name) => `<name>${name}</name>`),
    ...element(args.optional('source-protocol-ver'), (version) => `<protocol ver='${version}'/>`),
  ];
  const target = args.optional('target');
  const lines = [
    `<pool type='${args.text('type')}'>`,
    `  <name>${args.text('name')}</name>`,
    ...within('source', source),
    ...within('target', target === undefined ? [] : [`<path>${target}</path>`]),
    '</pool>',
  ];
  return `${lines.join('\n')}\n`;
}

const element = (value: string | undefined, of: (value: string) => string | string[]): string[] =>
  value === undefined ? [] : [of(value)].flat();

const within = (name: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`  <${name}>`, ...lines.map((line) => `    ${line}`), `  </${name}>`];

/** A SCSI host by its name, or a virtual one by its two world wide names. */
function adapter(args: PoolArguments): string[] {
  const [wwnn, wwpn] = [args.optional('adapter-wwnn'), args.optional('adapter-wwpn')];
  const name = args.optional('adapter-name');
  if (wwnn === undefined || wwpn === undefined) {
    return name === undefined ? [] : [`<adapter type='scsi_host' name='${name}'/>`];
  }
  const parent = args.optional('adapter-parent');
  const [parentWwnn, parentWwpn] = [
    args.optional('adapter-parent-wwnn'),
    args.optional('adapter-parent-wwpn'),
  ];
  const fabric = args.optional('adapter-parent-fabric-wwn');
  const on =
    parent !== undefined
      ? ` parent='${parent}'`
      : parentWwnn !== undefined && parentWwpn !== undefined
        ? ` parent_wwnn='${parentWwnn}' parent_wwpn='${parentWwpn}'`
        : fabric !== undefined
          ? ` parent_fabric_wwn='${fabric}'`
          : '';
  return [`<adapter type='fc_host'${on} wwnn='${wwnn}' wwpn='${wwpn}'/>`];
}

function auth(args: PoolArguments): string[] {
  const [type, user] = [args.optional('auth-type'), args.optional('auth-username')];
  const [usage, uuid] = [args.optional('secret-usage'), args.optional('secret-uuid')];
  if (type === undefined || user === undefined || (usage === undefined && uuid === undefined)) return [];
  const secret = usage === undefined ? `uuid='${uuid}'` : `usage='${usage}'`;
  return [`<auth type='${type}' username='${user}'>`, `  <secret ${secret}/>`, '</auth>'];
}
