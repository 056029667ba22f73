import {
  VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT,
  VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY,
  VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE,
  VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY,
  VIR_DOMAIN_SNAPSHOT_XML_SECURE,
} from '../../src/hypervisor/constants.js';
import type { Domain, Snapshot } from '../../src/hypervisor/index.js';
import {
  CommandError,
  type Context,
  defineCommand,
  domainOf,
  domainOption,
  editXml,
  errorLines,
  InterruptedError,
} from '../../src/shell/index.js';
import { optionRules } from '../../src/snapshot/flag-rules.js';
import { isDiskOnly } from '../../src/snapshot/snapshot-xml.js';
import { findSnapshot } from './find-snapshot.js';

export default defineCommand({
  name: 'snapshot-edit',
  group: 'snapshot',
  summary: 'edit XML for a snapshot',
  description: 'Edit the domain snapshot XML for a named snapshot',
  manual: [
    'Opens the XML of a snapshot in $VISUAL or $EDITOR and redefines the snapshot with what was saved there. The hypervisor checks the new XML first; if it refuses, the old definition stays.',
    'This changes the record of the snapshot, for example its description or where a disk image is now to be found. It changes neither the guest nor the saved state.',
    'A changed name needs --rename, which drops the old record, or --clone, which keeps both; both then stand for the same saved state. With both a name and --current the snapshot also becomes the current one.',
  ],
  options: [
    domainOption('domain-with-snapshot'),
    { name: 'snapshotname', type: 'string', completer: 'snapshot', help: 'snapshot name' },
    { name: 'current', type: 'flag', help: 'also set edited snapshot as current' },
    { name: 'rename', type: 'flag', help: 'allow renaming an existing snapshot' },
    { name: 'clone', type: 'flag', help: 'allow cloning to new name' },
  ],
  rules: optionRules['snapshot-edit'],
  json: { object: { name: 'string', changed: 'boolean' } },
  async run(context, args) {
    const makeCurrent = args.flag('current') && args.has('snapshotname');
    const domain = await domainOf(context, args);
    const snapshot = await findSnapshot(domain, {
      option: 'snapshotname',
      name: args.optional('snapshotname'),
      current: args.flag('current'),
    });
    try {
      const edited = await edit(context, domain, snapshot, makeCurrent);
      if (!edited) {
        context.emit({ name: snapshot.name, changed: false });
        context.output.extra(`Snapshot ${snapshot.name} XML configuration not changed.\n`);
        return;
      }
      if (edited.name === snapshot.name) {
        context.output.extra(`Snapshot ${snapshot.name} edited.\n`);
      } else if (args.flag('clone')) {
        context.output.extra(`Snapshot ${snapshot.name} cloned to ${edited.name}.\n`);
      } else {
        await settleNames(snapshot, edited, args.flag('rename'));
      }
      context.emit({ name: edited.name, changed: true });
    } catch (error) {
      throw failedToUpdate(snapshot.name, error);
    }
  },
});

/** @returns the snapshot as redefined; undefined if the user changed nothing. */
async function edit(
  context: Context,
  domain: Domain,
  snapshot: Snapshot,
  makeCurrent: boolean,
): Promise<Snapshot | undefined> {
  let kind = 0;
  let edited: Snapshot | undefined;
  const current = makeCurrent ? VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT : 0;
  await editXml(context, {
    read: async () => {
      const xml = await snapshot.getXMLDesc(VIR_DOMAIN_SNAPSHOT_XML_SECURE);
      kind = isDiskOnly(xml) ? VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY : 0;
      return xml;
    },
    replace: async (xml) => {
      edited = await domain.snapshotCreateXML(xml, VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE | current | kind);
    },
    always: makeCurrent,
  });
  return edited;
}

/** Drops the record of the old name if renaming is wanted, else that of the new one, which was not asked for. */
async function settleNames(snapshot: Snapshot, edited: Snapshot, rename: boolean): Promise<void> {
  const surplus = rename ? snapshot : edited;
  try {
    await surplus.delete(VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY);
  } catch (error) {
    const [line = ''] = errorLines(error);
    throw new CommandError(line, new CommandError(`Failed to clean up ${surplus.name}`));
  }
  if (!rename) {
    throw new CommandError(`Must use --rename or --clone to change ${snapshot.name} to ${edited.name}`);
  }
}

/** Puts virsh's line after what went wrong in the shell, but before what the hypervisor said. */
function failedToUpdate(name: string, error: unknown): unknown {
  if (error instanceof InterruptedError) return error;
  const line = `Failed to update ${name}`;
  if (!(error instanceof CommandError)) return new CommandError(line, error);
  if (error.cause instanceof CommandError) {
    return new CommandError(error.message, failedToUpdate(name, error.cause));
  }
  return new CommandError(error.message, new CommandError(line, error.cause));
}
