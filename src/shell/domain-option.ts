import type { Domain } from '../hypervisor/index.js';
import type { Arguments } from './arguments.js';
import type { CompleterName } from './command.js';
import type { Context } from './context.js';
import { CommandError } from './errors.js';
import { parseWhole } from './numbers.js';

export type DomainKey = 'id' | 'uuid' | 'name';

/** The option that names a command's domain, for `domainOf`. @param completer which domains the command is for. */
export const domainOption = <const C extends CompleterName = 'domain'>(completer?: C) =>
  ({
    name: 'domain',
    type: 'string',
    required: true,
    completer: (completer ?? 'domain') as C,
    help: 'domain name, id or uuid',
  }) as const;

const INT_MAX = 2n ** 31n - 1n;

/**
 * Finds a domain as virsh does: a number may be an id, 36 characters may be a UUID, anything may be a name.
 * @throws CommandError in virsh's words; the hypervisor's own error is not shown, as in virsh.
 */
export async function findDomain(
  context: Context,
  key: string,
  by: readonly DomainKey[] = ['id', 'uuid', 'name'],
): Promise<Domain> {
  const { connection } = context;
  const id = parseWhole(key);
  const attempts: (() => Promise<Domain>)[] = [];
  if (by.includes('id') && id !== undefined && id >= 0n && id <= INT_MAX) {
    attempts.push(() => connection.domainLookupByID(Number(id)));
  }
  if (by.includes('uuid') && key.length === 36) attempts.push(() => connection.domainLookupByUUIDString(key));
  if (by.includes('name')) attempts.push(() => connection.domainLookupByName(key));
  for (const attempt of attempts) {
    try {
      return await attempt();
    } catch (error) {
      // A lost connection must be noticed although virsh's message hides it.
      context.session.noteFailure(error);
    }
  }
  throw new CommandError(`failed to get domain '${key}'`);
}

/** The domain that a command's required `domain` option names. @throws CommandError */
export async function domainOf(
  context: Context,
  args: Pick<Arguments, 'text'>,
  by?: readonly DomainKey[],
): Promise<Domain> {
  return findDomain(context, args.text('domain' as never), by);
}
