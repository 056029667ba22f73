import { randomBytes } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  VIR_ERR_CONFIG_UNSUPPORTED,
  VIR_ERR_OPERATION_FAILED,
  VIR_FROM_DOMAIN_SNAPSHOT,
} from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import { call, QmpError } from '../qmp/index.js';
import type { Refusal } from './argv-refusals.js';
import { argvByHand, type Relaunch, type RelaunchWish, rewriteArgv, shellWords } from './argv-relaunch.js';
import { makePrivateFolder } from './durable-file.js';
import { Guardian } from './guardian.js';
import type { Guest } from './guest.js';
import { disksOf } from './guest-disks.js';
import { Journal, type JournalRecord } from './journal.js';
import { beginRecord } from './journal-beginning.js';
import type { MendReport } from './mend.js';
import { createCopy, createOverlayFile } from './overlay.js';
import { planRevertImages, type RevertImages } from './relaunch-images.js';
import type { JournalRelaunch } from './relaunch-journal.js';
import { holdsStream, loadMemory } from './relaunch-load.js';
import { finishRelaunch, mendRelaunch } from './relaunch-mend.js';
import { findNvram } from './relaunch-nvram.js';
import { describePaths, putAside, swapBack } from './relaunch-paths.js';
import { RelaunchedQemu } from './relaunch-process.js';
import { foreignNamespaces, type LaunchRecord, programIsThere, readLaunch } from './relaunch-record.js';
import { serviceOf } from './relaunch-service.js';
import { settle } from './settle.js';
import type { StoredSnapshot } from './snapshot-store.js';

const MEND_PATIENCE_MS = 15_000;

/** Everything about a revert, decided before anything is touched. */
export interface RevertPlan {
  readonly snapshot: StoredSnapshot;
  readonly launch: LaunchRecord;
  /** Command line of the QEMU that runs now, and of the one that takes its place, without the program. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Paths that both make, absolute. */
  readonly paths: readonly string[];
  readonly images: RevertImages;
  /** Undefined for a start from power-on. */
  readonly memoryFile: string | undefined;
  /** Ports that the new one opens when the old one has ended. */
  readonly deferred: Relaunch['deferred'];
  /** What will not be as it was, for people. */
  readonly lost: readonly string[];
  /** Firmware variables that begin anew: on a copy of the template in place of an overlay. */
  readonly nvram: { readonly disk: string; readonly template: string } | undefined;
}

/** The guest's command line can't be rewritten safely. */
export class RelaunchRefused extends HypervisorError {
  override readonly name = 'RelaunchRefused';

  constructor(
    readonly refusals: readonly Refusal[],
    /** What to run by hand, once what stands against it has been seen to. */
    readonly byHand: string,
  ) {
    const reasons = refusals.map(({ part, reason }) => `${part}: ${reason}`).join('; ');
    super(
      `unsupported configuration: the guest cannot be started anew beside itself: ${reasons}\nTo do it by hand:\n${byHand}`,
      { code: VIR_ERR_CONFIG_UNSUPPORTED, domain: VIR_FROM_DOMAIN_SNAPSHOT },
    );
  }
}

const failed = (text: string, cause?: unknown): HypervisorError =>
  new HypervisorError(`operation failed: ${text}`, {
    code: VIR_ERR_OPERATION_FAILED,
    domain: VIR_FROM_DOMAIN_SNAPSHOT,
    cause,
  });

/**
 * Decides how to go back to an external snapshot: by a new QEMU on new overlays of the frozen images.
 * @param recorded how QEMU was started then; undefined takes what can be read of it now.
 * @throws HypervisorError, RelaunchRefused
 */
export async function planRevert(
  guest: Guest,
  snapshot: StoredSnapshot,
  all: readonly StoredSnapshot[],
  recorded: LaunchRecord | undefined,
  { resetNvram }: { readonly resetNvram: boolean },
): Promise<RevertPlan> {
  const now = await readLaunch(guest);
  const launch = recorded ?? now;
  const disks = await disksOf(guest);
  const images = await planRevertImages(snapshot, all, disks);
  const { memory } = snapshot.description;
  const memoryFile = memory?.snapshot === 'external' ? memory.file : undefined;
  if (memoryFile !== undefined && !(await holdsMemory(memoryFile))) {
    throw failed(`'${memoryFile}' is no memory image`);
  }
  const nvram = resetNvram ? await freshNvram(launch, images, memoryFile) : undefined;
  const overlayOf = new Map(images.overlays.map(({ base, file }) => [base.disk, file]));
  const wish: RelaunchWish = {
    words: launch.words,
    machine: launch.machine,
    cwd: launch.cwd,
    version: launch.qemuVersion,
    incoming: memoryFile !== undefined,
    disks: launch.disks.map(({ target, names, chain }) => {
      const file = overlayOf.get(target);
      return { target, names, chain, image: file === undefined ? undefined : { file, format: 'qcow2' } };
    }),
  };
  const result = rewriteArgv(wish);
  const refusals = [
    ...(await circumstances(guest, launch, images)),
    ...('refusals' in result ? result.refusals : []),
  ];
  const paths = 'words' in result ? await absolutePaths(result, launch.cwd) : [];
  if ('words' in result && !paths.includes(await realpath(guest.socket))) {
    refusals.push({ part: guest.socket, reason: 'the command line does not name the monitor' });
  }
  if (refusals.length > 0 || !('words' in result)) {
    throw new RelaunchRefused(refusals, byHand(launch, argvByHand(wish), images, memoryFile));
  }
  const { words: after, deferred, lost } = result;
  return { snapshot, launch, before: now.words, after, paths, images, memoryFile, deferred, lost, nvram };
}

/** What the guest's firmware variables begin anew from; undefined if it has none. @throws HypervisorError it can't be done */
async function freshNvram(
  launch: LaunchRecord,
  { frozen }: RevertImages,
  memoryFile: string | undefined,
): Promise<RevertPlan['nvram']> {
  const nvram = await findNvram(launch);
  if (!nvram) return undefined;
  const { disk, template } = nvram;
  const no = (text: string): HypervisorError =>
    new HypervisorError(`unsupported configuration: ${text}`, {
      code: VIR_ERR_CONFIG_UNSUPPORTED,
      domain: VIR_FROM_DOMAIN_SNAPSHOT,
    });
  // QEMU sends flash chips along with memory.
  if (memoryFile !== undefined)
    throw no(
      "the firmware's variables are in the memory that is loaded: only a start from power-on resets them",
    );
  if (template === undefined) throw no(`no template of the firmware's variables on disk '${disk}' is known`);
  const image = frozen.find((each) => each.disk === disk);
  const size = (await stat(template)).size;
  if (image && image.size !== size)
    throw no(`the template '${template}' has ${size} bytes, and disk '${disk}' ${image.size}`);
  return image && { disk, template };
}

/** What stands against it besides the command line. */
async function circumstances(guest: Guest, launch: LaunchRecord, images: RevertImages): Promise<Refusal[]> {
  const refusals: Refusal[] = [
    ...launch.plugged.map((id) => ({ part: `device '${id}'`, reason: 'it was plugged in after the start' })),
    ...launch.unplugged.map((id) => ({ part: `device '${id}'`, reason: 'it had been unplugged' })),
  ];
  const known = new Set(launch.disks.map(({ target }) => target));
  for (const { disk } of images.frozen) {
    if (!known.has(disk)) refusals.push({ part: `disk '${disk}'`, reason: 'the guest does not have it' });
  }
  if (!(await programIsThere(launch.program))) {
    refusals.push({ part: launch.program, reason: 'the program is not there any more' });
  }
  const uid = process.getuid?.() ?? 0;
  if (uid !== 0 && uid !== launch.uid) {
    refusals.push({ part: 'the user', reason: `QEMU runs as user ${launch.uid}, and we as ${uid}` });
  }
  const service = guest.process && (await serviceOf(guest.process.pid));
  if (service !== undefined) {
    refusals.push({
      part: `service '${service}'`,
      reason: 'systemd watches over QEMU, and would see it end',
    });
  }
  const foreign = guest.process ? await foreignNamespaces(guest.process.pid) : [];
  if (foreign.length > 0) {
    refusals.push({
      part: 'the container',
      reason: `QEMU has namespaces of its own (${foreign.join(', ')})`,
    });
  }
  return refusals;
}

const holdsMemory = (file: string): Promise<boolean> =>
  holdsStream(file).catch((error: NodeJS.ErrnoException) => {
    throw failed(`memory image '${file}' cannot be read: ${error.code ?? error.message}`, error);
  });

async function absolutePaths({ paths }: Relaunch, cwd: string): Promise<string[]> {
  const absolute: string[] = [];
  for (const path of paths) {
    const full = resolve(cwd, path);
    // The folder may be named by a symbolic link; what is in it is ours to rename.
    absolute.push(await realpath(full).catch(() => full));
  }
  return absolute;
}

/** The same in steps for people. */
function byHand(
  launch: LaunchRecord,
  words: readonly string[],
  { overlays }: RevertImages,
  memoryFile: string | undefined,
): string {
  const lines = overlays.map(({ base, file }) =>
    shellWords(['qemu-img', 'create', '-f', 'qcow2', '-b', base.file, '-F', base.format, file]),
  );
  const incoming = memoryFile === undefined ? [] : ['-incoming', `exec:cat ${shellWords([memoryFile])}`];
  return [
    ...lines,
    '(end the guest)',
    `cd ${shellWords([launch.cwd])} && ${shellWords([launch.program, ...words, ...incoming])}`,
  ]
    .map((line) => `  ${line}`)
    .join('\n');
}

export interface RevertOptions {
  readonly leaveRunning: boolean;
  readonly signal: AbortSignal;
  /** Bytes of memory loaded, and in all. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Told of what is not as it was before. */
  readonly onNotice?: (text: string) => void;
}

/**
 * Carries it out. The old QEMU runs on until the new one has loaded everything; whatever fails before that is undone.
 * The guest's connection is to the old one, and is closed afterwards.
 * @returns the new QEMU's process id.
 * @throws HypervisorError, or the signal's reason; the guest is then as it was.
 */
export async function revertByRelaunch(
  guest: Guest,
  plan: RevertPlan,
  options: RevertOptions,
): Promise<number> {
  const { signal } = options;
  await makePrivateFolder(guest.folder);
  const guardian = await Guardian.start(guest.folder, signal);
  let journal: Journal | undefined;
  try {
    journal = await Journal.begin(guest.folder, await firstRecord(guest, plan, options, guardian));
    const pid = await relaunch(guest, plan, options, journal);
    await journal.end();
    guardian.dismiss();
    return pid;
  } catch (error) {
    if (!journal) {
      guardian.dismiss();
      throw error;
    }
    const report = await settle(
      journal,
      guardian,
      (left) => mendRelaunch(left, { patience: MEND_PATIENCE_MS, old: guest.qmp }),
      () => guest.qmp.disconnect(),
    );
    if (report?.outcome === 'completed') return journalPid(report);
    signal.throwIfAborted();
    if (!report)
      throw failed(`${reasonOf(error)}; undoing what was begun failed too: run snapctl recover`, error);
    if (report.outcome === 'ended') throw failed(`${reasonOf(error)}; the guest has ended`, error);
    throw failed(reasonOf(error), error);
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The number is in what was done; the new one's monitor tells it as well. */
const journalPid = ({ actions }: MendReport): number =>
  Number(/pid (\d+)/.exec(actions.join(' '))?.[1] ?? -1);

async function firstRecord(
  guest: Guest,
  { snapshot, images, paths, deferred }: RevertPlan,
  { leaveRunning }: RevertOptions,
  guardian: Guardian,
): Promise<JournalRecord> {
  const { running } = await guest.qmp.execute('query-status');
  const id = `snapctl-${randomBytes(6).toString('hex')}`;
  const relaunch: JournalRelaunch = {
    id,
    process: null,
    paths: await describePaths(paths, id),
    created: images.overlays.map(({ file }) => file),
    discard: images.discard,
    log: join(guest.folder, `${id}.log`),
    socketFolder: join(tmpdir(), id),
    deferred,
    opened: 0,
  };
  return {
    ...(await beginRecord(guest, guardian, 'snapshot-revert')),
    snapshot: snapshot.name,
    wasRunning: running,
    leaveRunning,
    snapshotXml: images.xml,
    relaunch,
  };
}

async function relaunch(
  guest: Guest,
  plan: RevertPlan,
  { signal, onProgress, onNotice }: RevertOptions,
  journal: Journal,
): Promise<number> {
  const { launch, images, memoryFile } = plan;
  const { relaunch: order } = journal.record;
  if (!order) throw new Error('the journal is of no relaunch');
  for (const { base, file } of images.overlays) {
    if (plan.nvram?.disk === base.disk) await createCopy(guest, plan.nvram.template, file);
    else await createOverlayFile(guest, { medium: base, file, format: 'qcow2' });
  }
  await putAside(order.paths);
  const fresh = await RelaunchedQemu.start(launch, plan.after, order.id, order.log);
  await journal.update({ step: 'streaming', relaunch: { ...order, process: fresh.process } });
  const qmp = await fresh.connect(guest.socket, signal);
  try {
    await swapBack(order.paths);
    if (memoryFile !== undefined) {
      await loadMemory(qmp, memoryFile, {
        folder: order.socketFolder,
        owner: { uid: launch.uid, gid: launch.gid },
        signal,
        ...(onProgress ? { onProgress } : {}),
      }).catch(async (error: unknown) => {
        // It may have ended over it, and have said why.
        throw (await fresh.endedSoon()) ? await fresh.failure() : error;
      });
    }
    signal.throwIfAborted();
    await journal.update({ step: 'finishing' });
    await quitOld(guest);
    const told = await finishRelaunch(journal, fresh.process, MEND_PATIENCE_MS, qmp);
    for (const text of [...told, ...plan.lost]) onNotice?.(text);
  } finally {
    await qmp.disconnect();
  }
  return fresh.process.pid;
}

/** QEMU may close the monitor before it answers. */
async function quitOld({ qmp }: Guest): Promise<void> {
  await qmp.executeTogether([call('quit')]).catch((error: unknown) => {
    if (!(error instanceof QmpError)) throw error;
  });
  await qmp.disconnect();
}
