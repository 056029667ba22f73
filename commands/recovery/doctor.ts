import type { Finding } from '../../src/care/finding.js';
import { CommandError, defineCommand, domainOf, SilentFailure } from '../../src/shell/index.js';
import { chainEntries, chainShape, chainTable } from '../monitor/chain-table.js';

export default defineCommand({
  name: 'doctor',
  group: 'recovery',
  summary: 'find what is wrong with images and snapshots',
  description: 'Look for what is wrong with the images and snapshots of domains, and tell what mends it.',
  manual: [
    "Lists every image that the disks of a domain consist of, with the snapshots it belongs to, and then what was found, each with the command that mends it: images that are gone, can't be read, may not be used by QEMU or may be changed by anybody; overlays that do not record the format of what they lie on, or whose header says otherwise than QEMU; snapshots whose files are gone; operations that were cut off; files that nothing refers to; a missing guest agent; versions of QEMU and libvirt with bugs that snapshots meet; AppArmor or SELinux in the way. Nothing is changed.",
    'An error means that something does not work or is about to be lost, a warning that it may; a note is worth knowing. Exit status is 1 if there is an error. Without a domain every domain of the connection is looked at. The files must be on this machine.',
  ],
  options: [
    {
      name: 'domain',
      type: 'string',
      completer: 'domain',
      help: 'domain name, id or uuid; all, if left out',
    },
  ],
  json: {
    object: {
      domains: { list: { object: { name: 'string', chains: { list: chainShape } } } },
      findings: {
        list: {
          object: {
            severity: 'string',
            code: 'string',
            domain: { oneOf: ['string', 'null'] },
            file: { oneOf: ['string', 'null'] },
            message: 'string',
            command: 'string',
          },
        },
      },
    },
  },
  async run(context, args) {
    const { diagnose } = await import('../../src/care/diagnose.js');
    const { filesAreHere } = await import('../../src/care/files-here.js');
    const { connection, output } = context;
    if (!(await filesAreHere(connection)))
      throw new CommandError('the files of this connection are not on this machine');
    const one = args.raw('domain') === undefined ? undefined : await domainOf(context, args);
    const { domains, findings } = await diagnose(connection, one?.name);
    context.emit({
      domains: domains.map((domain) => ({ name: domain.name, chains: chainEntries(domain) })),
      findings: findings.map(({ domain, file, ...rest }) => ({
        ...rest,
        domain: domain ?? null,
        file: file ?? null,
      })),
    });
    for (const domain of domains) {
      output.print(`Domain '${domain.name}':\n`);
      output.print(`${await chainTable(chainEntries(domain), output.quiet)}\n`);
    }
    for (const finding of findings) output.print(findingText(finding));
    output.print(summary(findings));
    if (findings.some(({ severity }) => severity === 'error')) throw new SilentFailure();
  },
});

const findingText = ({ severity, domain, message, command }: Finding): string =>
  `${severity}: ${domain === undefined ? '' : `domain '${domain}': `}${message}\n    ${command}\n`;

function summary(findings: readonly Finding[]): string {
  const count = (severity: Finding['severity']): string => {
    const number = findings.filter((each) => each.severity === severity).length;
    return `${number} ${severity}${number === 1 ? '' : 's'}`;
  };
  return findings.length === 0
    ? 'Nothing is wrong\n'
    : `${count('error')}, ${count('warning')}, ${count('note')}\n`;
}
