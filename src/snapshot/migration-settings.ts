import type { MigrationParameters, QmpClient } from '../qmp/index.js';

/** QEMU's migration settings that we change; they outlive a migration, so they are put back afterwards. */
export interface MigrationSettings {
  /** Names of the capabilities that were on. */
  readonly capabilities: readonly string[];
  readonly parameters: Pick<MigrationParameters, 'max-bandwidth' | 'downtime-limit'>;
}

/** Bytes a second that no machine reaches. QEMU before 9.1 doesn't take 0 for unlimited in every place. */
export const UNLIMITED = 10_000_000_000_000;

export async function readMigrationSettings(qmp: QmpClient): Promise<MigrationSettings> {
  const [states, parameters] = [
    await qmp.execute('query-migrate-capabilities'),
    await qmp.execute('query-migrate-parameters'),
  ];
  return {
    capabilities: states.filter(({ state }) => state).map(({ capability }) => capability),
    parameters: {
      ...(parameters['max-bandwidth'] === undefined ? {} : { 'max-bandwidth': parameters['max-bandwidth'] }),
      ...(parameters['downtime-limit'] === undefined
        ? {}
        : { 'downtime-limit': parameters['downtime-limit'] }),
    },
  };
}

/**
 * Sets QEMU up for taking memory: nothing on but events and what the method needs (background-snapshot refuses
 * company, and a stream with other capabilities could not be loaded plainly), as fast as the receiver can take it.
 * @throws CommandFailure the method's capability is refused; the others are off by then.
 */
export async function prepareMigration(
  qmp: QmpClient,
  before: MigrationSettings,
  method: 'background' | 'plain',
  downtimeLimit?: number,
): Promise<void> {
  const off = before.capabilities.filter((name) => name !== 'events');
  await setCapabilities(qmp, [...off.map((name) => [name, false] as const), ['events', true]]);
  if (method === 'background') await setCapabilities(qmp, [['background-snapshot', true]]);
  await qmp.execute('migrate-set-parameters', {
    'max-bandwidth': UNLIMITED,
    ...(downtimeLimit === undefined ? {} : { 'downtime-limit': downtimeLimit }),
  });
}

/** @param bytes a second */
export const setBandwidth = (qmp: QmpClient, bytes: number): Promise<unknown> =>
  qmp.execute('migrate-set-parameters', { 'max-bandwidth': bytes });

/** Puts everything back as it was. */
export async function restoreMigrationSettings(qmp: QmpClient, before: MigrationSettings): Promise<void> {
  const now = await readMigrationSettings(qmp);
  const changes = [
    ...now.capabilities
      .filter((name) => !before.capabilities.includes(name))
      .map((name) => [name, false] as const),
    ...before.capabilities
      .filter((name) => !now.capabilities.includes(name))
      .map((name) => [name, true] as const),
  ];
  if (changes.length > 0) await setCapabilities(qmp, changes);
  await qmp.execute('migrate-set-parameters', before.parameters);
}

/** Whether this QEMU, as it runs now, can take a background snapshot: one call tells (no privileges, no support, …). */
export async function acceptsBackground(
  qmp: QmpClient,
  before: MigrationSettings,
): Promise<string | undefined> {
  try {
    await prepareMigration(qmp, before, 'background');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await restoreMigrationSettings(qmp, before);
  }
}

async function setCapabilities(
  qmp: QmpClient,
  states: readonly (readonly [string, boolean])[],
): Promise<void> {
  const capabilities = states.map(([capability, state]) => ({ capability, state }));
  await qmp.execute('migrate-set-capabilities', { capabilities });
}
