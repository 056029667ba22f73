import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { QmpClient } from '../qmp/index.js';
import { STALLED_MS } from './memory-operation.js';
import { type MigrationSettings, prepareMigration, readMigrationSettings } from './migration-settings.js';
import { MigrationWatch, migrationCleanedUp } from './migration-watch.js';

/**
 * Takes a background snapshot and throws it away. After memory was freed from outside, QEMU before 8.1 still believes it
 * protected; a snapshot that runs to its end puts that right.
 */
export async function discardBackground(
  qmp: QmpClient,
  folder: string,
  before: MigrationSettings | null,
): Promise<void> {
  const path = join(folder, `discard-${process.pid}.sock`);
  const server = createServer((connection) => {
    connection.on('error', () => undefined);
    connection.resume();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  const watch = new MigrationWatch(qmp);
  try {
    await prepareMigration(qmp, before ?? (await readMigrationSettings(qmp)), 'background');
    await qmp.execute('migrate', { uri: `unix:${path}` });
    await watch.untilEnded({ stalled: STALLED_MS });
    await migrationCleanedUp(qmp);
  } finally {
    watch.close();
    server.close();
    await rm(path, { force: true });
  }
}
