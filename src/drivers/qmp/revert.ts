import { dirname, join } from 'node:path';
import {
  VIR_DOMAIN_SNAPSHOT_CREATE_LIVE,
  VIR_DOMAIN_SNAPSHOT_REVERT_FORCE,
  VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED,
  VIR_DOMAIN_SNAPSHOT_REVERT_RESET_NVRAM,
  VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING,
  VIR_ERR_CONFIG_UNSUPPORTED,
  VIR_ERR_OPERATION_INVALID,
  VIR_ERR_OPERATION_UNSUPPORTED,
  VIR_ERR_SNAPSHOT_REVERT_RISKY,
  VIR_FROM_DOMAIN_SNAPSHOT,
} from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { SnapshotRevertOptions, SnapshotRevertPlan } from '../../hypervisor/snapshots.js';
import { changedImages } from '../../snapshot/relaunch-frozen.js';
import { planRevert, type RevertPlan, revertByRelaunch } from '../../snapshot/relaunch-revert.js';
import { thawIfFrozen } from '../../snapshot/relaunch-thaw.js';
import type { StoredSnapshot } from '../../snapshot/snapshot-store.js';
import { buildSnapshotXml } from '../../snapshot/snapshot-xml.js';
import type { BareDomain } from './bare-domain.js';
import { fromSnapshot, rememberReason } from './run-reason.js';
import { createSnapshot } from './snapshot-create.js';
import { storeOf } from './snapshot-list.js';

const failure = (code: number, message: string): HypervisorError =>
  new HypervisorError(message, { code, domain: VIR_FROM_DOMAIN_SNAPSHOT });

const has = (flags: number, bit: number): boolean => (flags & bit) !== 0;

/** What going back to an external snapshot would do. @throws HypervisorError it is refused. */
export async function describeRevert(
  domain: BareDomain,
  snapshot: StoredSnapshot,
  flags: number,
): Promise<SnapshotRevertPlan> {
  const { launch, before, after, images, memoryFile, deferred, lost, nvram } = await plan(
    domain,
    snapshot,
    flags,
  );
  return {
    before: [launch.program, ...before],
    after: [launch.program, ...after],
    memoryFile: memoryFile ?? null,
    disks: images.overlays.map(({ base, file }) => ({
      disk: base.disk,
      frozen: nvram?.disk === base.disk ? nvram.template : base.file,
      overlay: file,
    })),
    discard: images.discard,
    later: deferred.map(({ part }) => part),
    lost,
  };
}

/** Goes back to an external snapshot: a new QEMU takes the place of the present one. @throws HypervisorError */
export async function revertExternal(
  domain: BareDomain,
  snapshot: StoredSnapshot,
  flags: number,
  options: SnapshotRevertOptions,
): Promise<void> {
  const signal = options.signal ?? new AbortController().signal;
  // Before anything is kept: what is refused must leave no snapshot behind.
  let decided = await plan(domain, snapshot, flags);
  if (options.keep !== undefined) {
    await keepPresent(domain, options.keep, decided, signal);
    decided = await plan(domain, (await storeOf(domain).find(snapshot.name)) ?? snapshot, flags);
  }
  const leaveRunning =
    !has(flags, VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED) &&
    (has(flags, VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING) || snapshot.description.state !== 'paused');
  const guest = await domain.guest();
  try {
    await revertByRelaunch(guest, decided, {
      leaveRunning,
      signal,
      ...(options.onProgress ? { onProgress: options.onProgress } : {}),
      ...(options.onNotice ? { onNotice: options.onNotice } : {}),
    });
  } finally {
    // Its monitor is another one's now.
    await domain.close();
  }
  await rememberReason(domain, fromSnapshot(leaveRunning), true);
  if (leaveRunning && decided.memoryFile !== undefined) await thawIfFrozen(guest.agentSocket);
}

async function plan(domain: BareDomain, snapshot: StoredSnapshot, flags: number): Promise<RevertPlan> {
  const { name, description, xml } = snapshot;
  if (description.disks.some((disk) => disk.snapshot === 'internal')) {
    throw failure(
      VIR_ERR_CONFIG_UNSUPPORTED,
      'unsupported configuration: revert to a snapshot that is partly internal is not supported',
    );
  }
  if (xml.includes('<snapshotDeleteInProgress')) {
    throw failure(
      VIR_ERR_OPERATION_INVALID,
      `Requested operation is not valid: the deletion of snapshot '${name}' was begun, its state is not whole`,
    );
  }
  const force = has(flags, VIR_DOMAIN_SNAPSHOT_REVERT_FORCE);
  if (description.memory?.snapshot === 'no' && !force) {
    throw failure(
      VIR_ERR_SNAPSHOT_REVERT_RISKY,
      'revert requires force: must respawn guest to start inactive snapshot',
    );
  }
  if (description.memory?.snapshot === 'internal') {
    throw failure(
      VIR_ERR_OPERATION_UNSUPPORTED,
      `Operation not supported: snapshot '${name}' has its memory inside an image and a disk outside`,
    );
  }
  const store = storeOf(domain);
  const launch = await store.findLaunch(name);
  const changed = await changedImages(launch, xml);
  if (changed.length > 0 && !force) {
    throw failure(
      VIR_ERR_SNAPSHOT_REVERT_RISKY,
      `revert requires force: image '${changed[0]}' has been written to since snapshot '${name}'`,
    );
  }
  return planRevert(await domain.guest(), snapshot, await store.list(), launch, {
    resetNvram: has(flags, VIR_DOMAIN_SNAPSHOT_REVERT_RESET_NVRAM),
  });
}

/** Takes a snapshot of the present state, with memory, beside the new overlays. */
async function keepPresent(
  domain: BareDomain,
  name: string,
  { images, memoryFile }: RevertPlan,
  signal: AbortSignal,
): Promise<void> {
  const folder = dirname(memoryFile ?? images.overlays[0]?.file ?? domain.socket);
  const file = join(folder, `${domain.identity.name}.${name}.mem`.replaceAll('/', '-'));
  const xml = buildSnapshotXml({ name, memory: { snapshot: 'external', file } });
  const { running } = await (await domain.guest()).qmp.execute('query-status');
  await createSnapshot(domain, xml, running ? VIR_DOMAIN_SNAPSHOT_CREATE_LIVE : 0, { signal });
}
