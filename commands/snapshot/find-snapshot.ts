import type { Domain, Snapshot } from '../../src/hypervisor/index.js';
import { CommandError } from '../../src/shell/index.js';

/** The two ways a command may name a snapshot. */
export interface SnapshotChoice {
  /** The option that takes the name, for messages. */
  readonly option: string;
  readonly name: string | undefined;
  readonly current: boolean;
}

/**
 * The snapshot that `--OPTION NAME` or `--current` asks for; a name goes before `--current`.
 * @throws CommandError neither was given; HypervisorError there is no such snapshot.
 */
export async function findSnapshot(
  domain: Domain,
  { option, name, current }: SnapshotChoice,
): Promise<Snapshot> {
  if (name !== undefined) return domain.snapshotLookupByName(name);
  if (current) return domain.snapshotCurrent();
  throw new CommandError(`--${option} or --current is required`);
}

/** As `findSnapshot`, but @throws CommandError if both were given, too. */
export async function findOneSnapshot(domain: Domain, choice: SnapshotChoice): Promise<Snapshot> {
  if (choice.name !== undefined && choice.current) {
    throw new CommandError(`--${choice.option} and --current are mutually exclusive`);
  }
  return findSnapshot(domain, choice);
}
