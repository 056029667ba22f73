import {
  VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE,
  VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY,
  VIR_DOMAIN_CHECKPOINT_XML_SECURE,
} from '../../src/hypervisor/constants.js';
import type { Checkpoint, Domain } from '../../src/hypervisor/index.js';
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
import { findCheckpoint } from './find-checkpoint.js';

export default defineCommand({
  name: 'checkpoint-edit',
  group: 'checkpoint',
  summary: 'edit XML for a checkpoint',
  description: 'Edit the domain checkpoint XML for a named checkpoint',
  manual: [
    'Opens the XML of a checkpoint in $VISUAL or $EDITOR and redefines it with what was saved there: its description, for example. The name can not be changed.',
  ],
  options: [
    domainOption('domain-with-checkpoint'),
    { name: 'checkpointname', type: 'string', completer: 'checkpoint', help: 'checkpoint name' },
  ],
  json: { object: { name: 'string', changed: 'boolean' } },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const checkpoint = await findCheckpoint(domain, 'checkpointname', args.optional('checkpointname'));
    const { name } = checkpoint;
    try {
      const edited = await edit(context, domain, checkpoint);
      if (edited && edited.name !== name) await refuseRename(name, edited);
      context.output.extra(
        edited ? `Checkpoint ${name} edited.\n` : `Checkpoint ${name} XML configuration not changed.\n`,
      );
      context.emit({ name, changed: edited !== undefined });
    } catch (error) {
      throw failedToUpdate(name, error);
    }
  },
});

/** @returns the checkpoint as redefined; undefined if the user changed nothing. */
async function edit(
  context: Context,
  domain: Domain,
  checkpoint: Checkpoint,
): Promise<Checkpoint | undefined> {
  let edited: Checkpoint | undefined;
  await editXml(context, {
    read: () => checkpoint.getXMLDesc(VIR_DOMAIN_CHECKPOINT_XML_SECURE),
    replace: async (xml) => {
      edited = await domain.checkpointCreateXML(xml, VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE);
    },
  });
  return edited;
}

/** A new name would be a second record of the same bitmaps: it is dropped again. */
async function refuseRename(name: string, edited: Checkpoint): Promise<never> {
  try {
    await edited.delete(VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY);
  } catch (error) {
    const [line = ''] = errorLines(error);
    throw new CommandError(line, new CommandError(`Failed to clean up ${edited.name}`));
  }
  throw new CommandError(`Cannot rename checkpoint ${name} to ${edited.name}`);
}

/** Puts virsh's line after what went wrong in the shell, but before what the hypervisor said. */
function failedToUpdate(name: string, error: unknown): unknown {
  if (error instanceof InterruptedError) return error;
  const line = `Failed to update ${name}`;
  if (!(error instanceof CommandError)) return new CommandError(line, error);
  return new CommandError(error.message, new CommandError(line, error.cause));
}
