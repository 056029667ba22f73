import { randomBytes } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { VIR_ERR_NO_DOMAIN_CHECKPOINT, VIR_FROM_QEMU } from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import type { TransactionAction } from '../qmp/index.js';
import { bitmapParts, type ImageBitmap, mergeActions } from '../snapshot/bitmap-chain.js';
import type { Guest } from '../snapshot/guest.js';
import { disksOf, type GuestDisk } from '../snapshot/guest-disks.js';
import { readImageInfo } from '../snapshot/image-info.js';
import { identifyOurselves, identityOf } from '../snapshot/process-identity.js';
import { endBackup } from './backup-end.js';
import {
  type BackupRecord,
  type BackupRecordDisk,
  createBackupRecord,
  updateBackupRecord,
} from './backup-record.js';
import {
  type BackupDescription,
  type BackupDisk,
  formatBackup,
  type RunningBackupDisk,
} from './backup-xml.js';
import { blockJobId } from './block-job-ids.js';
import { alreadyActive } from './block-job-start.js';
import { brokenBitmap } from './checkpoint-create.js';
import { type DiskChain, findChain, lookUpDisk } from './disk-chain.js';
import { createImage } from './image-destination.js';
import { refusal } from './refusals.js';

export interface BackupOptions {
  /** The files are there: they are written into. */
  readonly reuse: boolean;
  /** Names of the known checkpoints. */
  readonly checkpoints: readonly string[];
  /** A checkpoint that is to be made at the same moment. */
  readonly checkpoint:
    | { readonly name: string; readonly actions: readonly TransactionAction[]; keep(): Promise<void> }
    | undefined;
}

/** A disk that is to be backed up. */
interface Planned {
  readonly chain: DiskChain;
  readonly running: RunningBackupDisk;
  readonly record: BackupRecordDisk;
  /** What was written since the checkpoint. */
  readonly parts: readonly ImageBitmap[] | undefined;
}

/**
 * Starts a backup of disks as they are at one moment. It goes on without us.
 * @throws HypervisorError in libvirt's words. Nothing is left then.
 */
export async function startBackup(
  guest: Guest,
  description: BackupDescription,
  options: BackupOptions,
): Promise<void> {
  const { mode, server } = description;
  if (mode === 'pull' && !server)
    throw refusal('configuration', '<domainbackup> must specify TCP port for now');
  const { planned, left } = await plan(guest, description, options);
  const controller = await identifyOurselves();
  const record: BackupRecord = {
    version: 1,
    domain: guest.name,
    mode,
    startedAt: new Date().toISOString(),
    qemu: identityOf(guest.process),
    controller,
    started: false,
    server: server ?? null,
    disks: planned.map((disk) => disk.record),
    checkpointBitmaps: (options.checkpoint?.actions ?? []).flatMap((action) =>
      action.type === 'block-dirty-bitmap-add' ? [{ node: action.data.node, name: action.data.name }] : [],
    ),
    xml: formatBackup({ ...description, disks: planned.map((disk) => disk.running), left }),
  };
  await createBackupRecord(guest.folder, record).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? refusal('now', 'another backup job is already running') : error;
  });
  // Only what there is of it is to be undone: a server or a checkpoint's bitmap of the same name may be others'.
  let begun: BackupRecord = {
    ...record,
    server: null,
    disks: record.disks.map((disk) => ({ ...disk, created: false })),
    checkpointBitmaps: [],
  };
  try {
    for (const [index, each] of planned.entries()) {
      if (!options.reuse) await createStore(guest, each, description);
      const { created } = each.record;
      begun = { ...begun, disks: begun.disks.with(index, { ...each.record, created }) };
      await openStore(guest, each, description);
    }
    if (server) {
      await guest.qmp.execute('nbd-server-start', { addr: address(server) });
      begun = { ...begun, server };
    }
    await guest.qmp.execute('transaction', { actions: actionsOf(planned, description, options) });
    begun = { ...begun, checkpointBitmaps: record.checkpointBitmaps };
    for (const each of planned) await serve(guest, each);
    await options.checkpoint?.keep();
    await updateBackupRecord(guest.folder, { ...record, started: true });
  } catch (error) {
    await endBackup(guest, begun);
    throw error;
  }
}

async function plan(
  guest: Guest,
  description: BackupDescription,
  options: BackupOptions,
): Promise<{ planned: Planned[]; left: string[] }> {
  const listed = new Map<string, BackupDisk>();
  for (const disk of description.disks ?? []) {
    const { target } = await lookUpDisk(guest, disk.name);
    if (listed.has(target)) throw refusal('invalid', `disk '${target}' specified twice`);
    listed.set(target, disk);
  }
  const planned: Planned[] = [];
  const left: string[] = [];
  const prefix = `snapctl-b${randomBytes(3).toString('hex')}`;
  const suffix = options.checkpoint?.name ?? String(Math.floor(Date.now() / 1000));
  for (const disk of await disksOf(guest)) {
    const asked = listed.get(disk.target) ?? (description.disks ? undefined : whole(disk));
    if (!asked?.backup) {
      left.push(disk.target);
      continue;
    }
    const storeNode = `${prefix}-${planned.length}`;
    planned.push(await planDisk(guest, disk, asked, { description, options, storeNode, suffix }));
  }
  if (planned.length === 0) throw refusal('configuration', 'no disks selected for backup');
  return { planned, left };
}

/** A disk that nothing is said of; one without a medium has nothing to copy. */
const whole = ({ target, medium }: GuestDisk): BackupDisk | undefined =>
  medium && !medium.readonly
    ? {
        ...{ name: target, backup: true, type: 'file', file: undefined, format: undefined },
        ...{ mode: undefined, incremental: undefined, exportName: undefined, exportBitmap: undefined },
      }
    : undefined;

interface DiskContext {
  readonly description: BackupDescription;
  readonly options: BackupOptions;
  readonly storeNode: string;
  readonly suffix: string;
}

async function planDisk(
  guest: Guest,
  { target }: GuestDisk,
  asked: BackupDisk,
  { description, options, storeNode, suffix }: DiskContext,
): Promise<Planned> {
  const chain = await findChain(guest, target);
  const [active] = chain.images;
  if (chain.disk.medium.busy) throw alreadyActive(target);
  const pull = description.mode === 'pull';
  const incremental = asked.incremental ?? (asked.mode === 'full' ? undefined : description.incremental);
  if (asked.mode === 'incremental' && incremental === undefined) {
    throw refusal(
      'configuration',
      `'incremental' backup mode of disk '${target}' requires setting 'incremental' field for disk or backup`,
    );
  }
  const format = asked.format ?? 'qcow2';
  if (pull && format !== 'qcow2')
    throw refusal('configuration', `pull mode backup for disk '${target}' requires qcow2 driver`);
  if (!['qcow2', 'raw'].includes(format))
    throw refusal('configuration', `disk '${target}' can be backed up as qcow2 or raw, not as ${format}`);
  const type = asked.type;
  if (asked.file === undefined && (type === 'block' || active.format === 'host_device'))
    throw refusal('invalid', `refusing to generate file name for disk '${target}'`);
  const file = asked.file === undefined ? `${active.file}.${suffix}` : resolve(asked.file);
  await checkStore(chain, { file, format, type }, options.reuse);
  const bitmap = incremental === undefined ? null : (asked.exportBitmap ?? `backup-${target}`);
  return {
    chain,
    parts: incremental === undefined ? undefined : partsOf(chain, incremental, options.checkpoints),
    running: {
      ...asked,
      ...{
        name: target,
        file,
        format,
        incremental,
        mode: incremental === undefined ? 'full' : 'incremental',
      },
      exportName: pull ? (asked.exportName ?? target) : undefined,
      exportBitmap: pull && bitmap !== null ? bitmap : undefined,
    },
    record: {
      ...{ disk: target, jobId: blockJobId('backup', target), node: active.node, storeNode, file, bitmap },
      created: !options.reuse && type === 'file',
      exportId: pull ? storeNode : null,
    },
  };
}

function partsOf({ disk, images }: DiskChain, name: string, known: readonly string[]): ImageBitmap[] {
  if (!known.includes(name)) {
    throw new HypervisorError(
      `Domain checkpoint not found: Checkpoint '${name}' for incremental backup of disk '${disk.target}' not found`,
      { code: VIR_ERR_NO_DOMAIN_CHECKPOINT, domain: VIR_FROM_QEMU },
    );
  }
  const parts = bitmapParts(images, name);
  if (!parts) throw brokenBitmap(name, disk.target);
  return parts;
}

async function checkStore(
  { disk, images }: DiskChain,
  { file, format, type }: Pick<RunningBackupDisk, 'file' | 'format' | 'type'>,
  reuse: boolean,
): Promise<void> {
  const found = await lstat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!reuse && type === 'file' && found)
    throw refusal('invalid', `store '${file}' for backup of '${disk.target}' exists`);
  if (!reuse) return;
  if (images.some((image) => image.file === file))
    throw refusal('invalid', `disk '${disk.target}' is on '${file}' itself`);
  const info = await readImageInfo(file, format).catch(() => {
    throw refusal(
      'configuration',
      `missing or unusable ${format} image for backup of '${disk.target}': ${file}`,
    );
  });
  if (type === 'file' ? info.size !== disk.medium.size : info.size < disk.medium.size) {
    throw refusal(
      'configuration',
      `image for backup of '${disk.target}' has ${info.size} bytes, the disk ${disk.medium.size}: ${file}`,
    );
  }
}

async function createStore(
  guest: Guest,
  { chain, running }: Planned,
  { mode }: BackupDescription,
): Promise<void> {
  const { file } = running;
  const backing = mode === 'pull' ? chain.images[0] : undefined;
  await createImage(guest, running, chain.disk.medium.size, backing).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST'
      ? refusal('invalid', `store '${file}' for backup of '${chain.disk.target}' exists`)
      : error;
  });
}

/** Opens what a disk is copied to. */
async function openStore(
  guest: Guest,
  { chain, running, record }: Planned,
  { mode }: BackupDescription,
): Promise<void> {
  const [active] = chain.images;
  const { file, format, type } = running;
  const pull = mode === 'pull';
  const { storeNode } = record;
  await guest.qmp.execute('blockdev-add', {
    driver: format,
    'node-name': storeNode,
    // What a pull backup serves is the disk, but for what the guest has overwritten since.
    ...(format === 'raw' ? {} : { backing: pull ? active.node : null }),
    file: {
      driver: type === 'block' ? 'host_device' : 'file',
      'node-name': `${storeNode}f`,
      filename: file,
    },
  });
}

function actionsOf(
  planned: readonly Planned[],
  { mode }: BackupDescription,
  { checkpoint }: BackupOptions,
): TransactionAction[] {
  return [
    ...planned.flatMap(({ parts, record: { bitmap } }) =>
      parts && bitmap !== null ? mergeActions(parts, bitmap) : [],
    ),
    ...planned.map(({ record: { jobId, node, storeNode, bitmap } }): TransactionAction => {
      const incremental = mode === 'push' && bitmap !== null;
      return {
        type: 'blockdev-backup',
        data: {
          ...{ 'job-id': jobId, device: node, target: storeNode },
          sync: mode === 'pull' ? 'none' : incremental ? 'incremental' : 'full',
          ...(incremental ? { bitmap } : {}),
          // Errors are told only by a job that is not dismissed by itself.
          ...{ 'auto-finalize': true, 'auto-dismiss': false },
        },
      };
    }),
    ...(checkpoint?.actions ?? []),
  ];
}

async function serve(guest: Guest, { running, record }: Planned): Promise<void> {
  const { exportId, storeNode } = record;
  if (exportId === null) return;
  await guest.qmp.execute('block-export-add', {
    type: 'nbd',
    id: exportId,
    'node-name': storeNode,
    name: running.exportName,
    ...(running.exportBitmap === undefined ? {} : { bitmaps: [running.exportBitmap] }),
  });
}

const address = (server: NonNullable<BackupDescription['server']>) =>
  server.transport === 'unix'
    ? { type: 'unix', data: { path: server.socket } }
    : { type: 'inet', data: { host: server.name, port: server.port } };
