import { randomBytes } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type ArchivedDomain, DOMAIN_DOCUMENT, NVRAM, XML_DOCUMENT } from '../archive/archived-domain.js';
import {
  VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE,
  VIR_ERR_CONFIG_UNSUPPORTED,
  VIR_ERR_OPERATION_FAILED,
} from '../hypervisor/constants.js';
import type { ArchiveCreateOptions, ArchiveFacts } from '../hypervisor/domain-archives.js';
import { HypervisorError } from '../hypervisor/index.js';
import { ArchiveCompanions } from './archive-companions.js';
import { exportFrozen } from './archive-exports.js';
import type { ArchiveDiskOrder, ArchiverReport } from './archive-order.js';
import { describeArchived, obstaclesOf, planArchiveDisks } from './archive-plan.js';
import type { Archiver } from './archiver.js';
import { takeInBackground } from './background.js';
import { completeSnapshot } from './completion.js';
import { makePrivateFolder } from './durable-file.js';
import type { Guardian } from './guardian.js';
import type { Guest } from './guest.js';
import { disksOf } from './guest-disks.js';
import { Journal, type JournalRecord, type MemoryMethod } from './journal.js';
import { beginRecord } from './journal-beginning.js';
import { type MemoryTaken, RestlessGuest } from './memory-operation.js';
import { mend, takeAwayOverlays } from './mend.js';
import { mendWithoutQemu } from './mend-without-qemu.js';
import { chooseMethod, type Method, type MethodChoice, prepareMethod } from './method.js';
import {
  type MigrationSettings,
  readMigrationSettings,
  restoreMigrationSettings,
} from './migration-settings.js';
import { addOverlayNode, checkOverlayFiles, createOverlayFile, describeOverlays } from './overlay.js';
import type { ExternalDisk } from './plan.js';
import { takePrecopy } from './precopy.js';
import { Quiesce } from './quiesce.js';
import { readLaunch } from './relaunch-record.js';
import { settleCutOff } from './settle.js';
import { describeFailure } from './sink.js';
import { takeStopped } from './stopped.js';
import { allSettled, switchDisks } from './take.js';
import { VcpuLoad } from './vcpu-load.js';

/** What the driver adds. */
export interface ArchiveGuestOptions extends ArchiveCreateOptions {
  readonly method?: Method | undefined;
  /** libvirt's description of the guest, to be kept. */
  readonly describe: (() => Promise<string>) | undefined;
}

const refused = (text: string, cause?: unknown): HypervisorError =>
  new HypervisorError(`operation failed: ${text}`, { code: VIR_ERR_OPERATION_FAILED, cause });

const unsupported = (text: string): HypervisorError =>
  new HypervisorError(`unsupported configuration: ${text}`, { code: VIR_ERR_CONFIG_UNSUPPORTED });

/**
 * Writes one instant of a guest into an archive: its memory, streamed from QEMU as it comes, and its disks, read from
 * below the overlays that it goes on with. The overlays are merged back when the archive is whole.
 * @throws HypervisorError refused, or failed; then what was begun has been undone, and there is no such file.
 */
export async function archiveGuest(
  guest: Guest,
  file: string,
  options: ArchiveGuestOptions,
): Promise<ArchiveFacts> {
  const started = performance.now();
  await checkArchiveFile(file);
  try {
    return await archiveOnce(guest, file, { ...options, started, ifCalm: !options.quiesce });
  } catch (error) {
    if (!(error instanceof RestlessGuest)) throw error;
    const facts = await archiveOnce(guest, file, { ...options, started, ifCalm: false });
    return { ...facts, reason: `${error.message}; ${facts.reason}` };
  }
}

interface AttemptOptions extends ArchiveGuestOptions {
  /** performance.now() at the start. */
  readonly started: number;
  /**
   * Pre-copy may be taken if the guest is calm: what LZ4 does meanwhile leaves background snapshots no time. Not while
   * its file systems are frozen, which should be for a moment only.
   */
  readonly ifCalm: boolean;
}

/** @throws RestlessGuest everything has been undone, and it will work without `ifCalm`. */
async function archiveOnce(guest: Guest, file: string, options: AttemptOptions): Promise<ArchiveFacts> {
  const { started } = options;
  const { running, status } = await guest.qmp.execute('query-status');
  if (['inmigrate', 'restore-vm', 'finish-migrate', 'suspended', 'shutdown'].includes(status))
    throw unsupported(`the guest is in state ${status}`);
  const disks = await disksOf(guest);
  const external = planArchiveDisks(file, disks, options);
  await checkOverlayFiles(external);
  await makePrivateFolder(guest.folder);
  // They come up while the guest is looked at.
  const companions = new ArchiveCompanions(guest, file, options);
  let journal: Journal | undefined;
  let guardian: Guardian | undefined;
  try {
    const { launch, xml, settings, memorySize, choice } = await lookAt(guest, running, options);
    options.signal.throwIfAborted();
    guardian = await companions.guardian;
    const work = new ArchiveWork(guest, file, external, companions, {
      ...options,
      running,
      memorySize,
      xml,
      tentative: choice?.tentative ?? false,
    });
    journal = await Journal.begin(guest.folder, await work.firstRecord(choice?.method ?? 'none', guardian));
    if (choice) await journal.update({ migration: settings });
    const { archiver, reason } = await work.prepare(journal, settings, choice);
    const { method } = journal.record;
    const { taken, archive } = await work.carryOut(
      journal,
      settings,
      archiver,
      describeArchived(guest, external, launch, {
        running,
        options,
        memorySize,
        method,
      }),
    );
    await journal.end();
    guardian.dismiss();
    return {
      file,
      method,
      reason,
      pauseMilliseconds: running ? taken.pause.milliseconds : null,
      milliseconds: performance.now() - started,
      ...archive,
      overlays: options.keepOverlay
        ? external.map(({ disk, file: overlay }) => ({ disk: disk.target, file: overlay }))
        : [],
      obstacles: obstaclesOf(launch),
    };
  } catch (error) {
    if (!journal || !guardian) {
      await companions.dismiss();
      throw error;
    }
    await companions.dismissArchiver();
    const report = await settleCutOff(guest, journal, guardian, mend, mendWithoutQemu);
    options.signal.throwIfAborted();
    if (report?.outcome === 'undone' && error instanceof RestlessGuest) throw error;
    const text = error instanceof Error ? error.message : String(error);
    if (!report) throw refused(`${text}; undoing what was begun failed too: run snapctl recover`, error);
    const told = report.outcome === 'undone' ? [] : report.actions;
    throw refused([text, ...told].join('; '), error);
  }
}

/** What has to be known of a guest before it is touched. */
async function lookAt(guest: Guest, running: boolean, options: AttemptOptions) {
  const load = options.ifCalm ? await VcpuLoad.begin(guest) : undefined;
  const launch = await readLaunch(guest).catch((error: unknown) => {
    if (error instanceof HypervisorError) return undefined;
    throw error;
  });
  const xml = await options.describe?.();
  const settings = await readMigrationSettings(guest.qmp);
  const { 'base-memory': main, 'plugged-memory': plugged = 0 } =
    await guest.qmp.execute('query-memory-size-summary');
  const memorySize = main + plugged;
  const choice = options.memory
    ? await chooseMethod(guest, settings, {
        live: options.live,
        running,
        asked: options.method,
        memorySize,
        load,
        signal: options.signal,
      })
    : undefined;
  return { launch, xml, settings, memorySize, choice };
}

/** @throws HypervisorError there is something of this name, or no folder for it. */
export async function checkArchiveFile(file: string): Promise<void> {
  if (await lstat(file).catch(() => undefined)) throw refused(`archive '${file}' already exists`);
  const folder = await lstat(dirname(file)).catch(() => undefined);
  if (!folder) throw refused(`Failed to create file '${file}': No such file or directory`);
}

interface WorkOptions extends AttemptOptions {
  readonly running: boolean;
  readonly memorySize: number;
  readonly xml: string | undefined;
  /** The method is (see MethodChoice). */
  readonly tentative: boolean;
}

class ArchiveWork {
  readonly #guest: Guest;
  readonly #file: string;
  readonly #external: readonly ExternalDisk[];
  readonly #companions: ArchiveCompanions;
  readonly #options: WorkOptions;

  constructor(
    guest: Guest,
    file: string,
    external: readonly ExternalDisk[],
    companions: ArchiveCompanions,
    options: WorkOptions,
  ) {
    this.#companions = companions;
    this.#guest = guest;
    this.#file = file;
    this.#external = external;
    this.#options = options;
  }

  async firstRecord(method: MemoryMethod, guardian: Guardian): Promise<JournalRecord> {
    const guest = this.#guest;
    const suffix = randomBytes(6).toString('hex');
    return {
      ...(await beginRecord(guest, guardian, 'archive-create')),
      snapshot: this.#file,
      method,
      wasRunning: this.#options.running,
      overlays: describeOverlays(this.#external),
      keepOverlays: this.#options.keepOverlay,
      memory: {
        partial: join(dirname(this.#file), `.${basename(this.#file).slice(0, 180)}.${suffix}.partial`),
        final: this.#file,
        sink: null,
        report: join(guest.folder, `sink-${suffix}.json`),
      },
    };
  }

  /** Everything that can be done before the guest is touched. @returns why memory is taken as it is, too */
  async prepare(
    journal: Journal,
    settings: MigrationSettings,
    choice: MethodChoice | undefined,
  ): Promise<{ archiver: Archiver; reason: string }> {
    if (choice?.method !== 'background') {
      const [archiver] = await allSettled([this.#startArchiver(journal), this.#prepareOverlays(journal)]);
      return { archiver, reason: choice?.reason ?? '' };
    }
    // QEMU tries out on all of memory what that needs, at the guest's cost: while nothing else takes its processors, and
    // some time before the guest is stopped.
    const archiver = await this.#startArchiver(journal);
    const { reason } = await prepareMethod(this.#guest, journal, settings, choice);
    await this.#prepareOverlays(journal);
    return { archiver, reason };
  }

  async carryOut(
    journal: Journal,
    settings: MigrationSettings,
    archiver: Archiver,
    domain: ArchivedDomain,
  ): Promise<{ taken: MemoryTaken; archive: NonNullable<ArchiverReport['archive']> }> {
    const { signal, keepOverlay, xml } = this.#options;
    const guest = this.#guest;
    const taken = await this.#switch(journal, settings, archiver.uri);
    await journal.update({ step: 'finishing' });
    signal.throwIfAborted();
    if (journal.record.migration) await restoreMigrationSettings(guest.qmp, settings);
    const frozen = await exportFrozen(
      guest,
      journal,
      journal.record.overlays,
      this.#external.map(({ medium: { file, format } }) => ({ file, format })),
      signal,
    );
    try {
      archiver.finish({
        disks: frozen.disks.map((disk, index) => diskOrder(domain.disks[index]?.stream ?? '', disk)),
        documents: {
          [DOMAIN_DOCUMENT]: JSON.stringify(domain, null, 1),
          ...(xml === undefined ? {} : { [XML_DOCUMENT]: xml }),
        },
      });
      const report = await archiver.report(signal);
      if (report.failure !== null || !report.archive) {
        throw new Error(`cannot write '${this.#file}': ${describeFailure(report.failure ?? '')}`);
      }
      await frozen.close();
      await completeSnapshot(journal);
      if (!keepOverlay) await takeAwayOverlays(guest, journal.record);
      return { taken, archive: report.archive };
    } catch (error) {
      // QEMU's own exports are taken back by mending, once nobody reads them any more.
      await frozen.abandon();
      throw error;
    }
  }

  async #prepareOverlays(journal: Journal): Promise<void> {
    for (const [index, external] of this.#external.entries()) {
      const overlay = journal.record.overlays[index];
      if (!overlay) throw new Error('an overlay is missing from the journal');
      await createOverlayFile(this.#guest, external);
      await addOverlayNode(this.#guest, external, overlay, this.#options.signal);
    }
  }

  async #startArchiver(journal: Journal): Promise<Archiver> {
    const { memory } = journal.record;
    if (!memory) throw new Error('no archive is planned');
    const { process: qemu } = this.#guest;
    const options = this.#options;
    const total =
      this.#external.reduce((sum, { medium }) => sum + medium.size, 0) +
      (options.memory ? Math.min(options.memorySize, qemu?.resident ?? options.memorySize) : 0);
    const archiver = await (await this.#companions.archiver).start(
      {
        file: memory.partial,
        report: memory.report,
        memory: options.memory,
        guestFirst: journal.record.method === 'background',
        owner: qemu && process.getuid?.() === 0 ? { uid: qemu.uid, gid: qemu.gid } : null,
        blockSize: options.blockSize ?? null,
        dictionary: options.dictionary ?? 'auto',
        comment: options.comment ?? '',
        secret: options.encryption ?? null,
        base: options.base ?? null,
      },
      options.signal,
      (done, stored) =>
        options.onProgress?.({
          done,
          total: Math.max(total, done),
          stored,
          milliseconds: performance.now() - options.started,
        }),
    );
    await journal.update({ memory: { ...memory, sink: archiver.process } });
    return archiver;
  }

  /** Memory and the switch of the disks, of one instant; between freeze and thaw if asked. */
  async #switch(journal: Journal, settings: MigrationSettings, streamUri: string): Promise<MemoryTaken> {
    const guest = this.#guest;
    const { quiesce, signal, memorySize, tentative } = this.#options;
    const { method, overlays } = journal.record;
    if (method === 'none') {
      const flags = quiesce ? VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE : 0;
      return switchDisks(guest, { flags, signal }, journal);
    }
    const take = { background: takeInBackground, precopy: takePrecopy, stopped: takeStopped }[
      method as Method
    ];
    const agent = quiesce ? new Quiesce(guest, journal) : undefined;
    // The guest is thawed as soon as it runs again, while its memory is still being read.
    const resumed = agent && guest.qmp.listen({ events: ['RESUME'] });
    let thawing: Promise<unknown> | undefined;
    try {
      await agent?.freeze(signal);
      thawing = resumed
        ?.next()
        .then(() => agent?.thaw())
        .catch((error: unknown) => error);
      const taken = await take({
        guest,
        journal,
        overlays,
        streamUri,
        settings,
        memorySize,
        tentative,
        signal,
        onProgress: () => undefined,
      });
      const failure = await thawing;
      if (failure) throw failure;
      return taken;
    } finally {
      resumed?.close();
      await thawing;
      await agent?.thaw();
    }
  }
}

const diskOrder = (
  stream: string,
  { socket, export: name }: { readonly socket: string; readonly export: string },
): ArchiveDiskOrder => ({
  name: stream.replace(/^disk\//, ''),
  small: stream === NVRAM,
  socket,
  export: name,
});
