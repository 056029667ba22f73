import { lstat, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import {
  VIR_DOMAIN_JOB_NONE,
  VIR_DOMAIN_JOB_OPERATION,
  VIR_DOMAIN_JOB_OPERATION_SNAPSHOT,
  VIR_DOMAIN_PAUSED,
  VIR_DOMAIN_PAUSED_USER,
  VIR_ERR_NO_DOMAIN,
} from '../hypervisor/constants.js';
import { type Connection, type Domain, HypervisorError } from '../hypervisor/index.js';
import { endSink } from './end-sink.js';
import type { Journal } from './journal.js';
import type { JournalLibvirt } from './libvirt-journal.js';
import { imageOf, mergeBack } from './libvirt-merge.js';
import { complete, dropMemory, type MendReport } from './mend.js';
import { holdsData } from './mend-without-qemu.js';

const LOOK_MS = 50;
/** A snapshot that has been told to end gets this long. */
const JOB_DEADLINE_MS = 120_000;

/**
 * Ends an archive of a guest of libvirt that was cut off or has failed: whatever the instant, the guest runs if it ran
 * before, on its own disks, and the archive is either whole or gone. May be cut off itself and run again.
 * @throws HypervisorError and others; the journal is then still there, to try again.
 */
export async function mendLibvirt(connection: Connection, journal: Journal): Promise<MendReport> {
  const { libvirt, memory, exports, uuid, keepOverlays } = journal.record;
  if (!libvirt) throw new Error('the journal is of another kind');
  const actions: string[] = [];
  const domain = await find(connection, uuid);
  const active = (await domain?.isActive()) ?? false;
  if (domain && active) {
    // The embedded driver finds running guests again in the background; what asks QEMU waits for that.
    await domain.memoryStats().catch(() => undefined);
    await endSnapshot(domain, actions);
    await runAgain(domain, journal, actions);
    await thaw(domain, journal, actions);
  }
  if (memory) await endSink(memory);
  if (exports) await rm(exports.folder, { recursive: true, force: true });
  const completed = journal.record.step === 'completing' && (await complete(journal, actions));
  if (!(completed && keepOverlays)) {
    if (domain && active) await mergeBack(domain, libvirt.overlays, actions);
    else await tellOverlays(domain, libvirt, actions);
  }
  if (!completed && memory) await dropMemory(memory, actions);
  if (libvirt.image !== null) await rm(libvirt.image, { force: true });
  if (completed) return { outcome: 'completed', actions };
  return { outcome: active ? 'undone' : 'ended', actions };
}

async function find(connection: Connection, uuid: string): Promise<Domain | undefined> {
  try {
    return await connection.domainLookupByUUIDString(uuid);
  } catch (error) {
    if (error instanceof HypervisorError && error.code === VIR_ERR_NO_DOMAIN) return undefined;
    throw error;
  }
}

/** A daemon goes on with our snapshot though we have died. One that some other program takes is waited for. */
async function endSnapshot(domain: Domain, actions: string[]): Promise<void> {
  const deadline = performance.now() + JOB_DEADLINE_MS;
  let told = false;
  for (;;) {
    const { type, params } = await domain.getJobStats();
    const operation = params.find(({ field }) => field === VIR_DOMAIN_JOB_OPERATION)?.value;
    const ours = type !== VIR_DOMAIN_JOB_NONE && operation === VIR_DOMAIN_JOB_OPERATION_SNAPSHOT;
    if (!ours) return;
    if (performance.now() > deadline) throw new Error("libvirt's snapshot does not end");
    await domain.abortJob().catch(() => undefined);
    if (!told) actions.push('gave the snapshot up');
    told = true;
    await delay(LOOK_MS);
  }
}

async function runAgain(domain: Domain, journal: Journal, actions: string[]): Promise<void> {
  const { state, reason } = await domain.getState();
  if (!journal.record.wasRunning || state !== VIR_DOMAIN_PAUSED || reason === VIR_DOMAIN_PAUSED_USER) return;
  await domain.resume();
  actions.push('let the guest run again');
}

/** libvirt thaws by itself, but not if it has died. */
async function thaw(domain: Domain, journal: Journal, actions: string[]): Promise<void> {
  if (!journal.record.frozen) return;
  const thawed = await domain.fsThaw().catch((error: Error) => error);
  if (thawed instanceof Error) actions.push(`could not thaw its file systems: ${thawed.message}`);
  else if (thawed > 0) actions.push(`thawed ${thawed} file systems of domain '${domain.name}'`);
  await journal.update({ frozen: false });
}

/** Without a guest that runs libvirt can't merge: what holds nothing is removed, and the rest is told. */
async function tellOverlays(
  domain: Domain | undefined,
  { overlays }: JournalLibvirt,
  actions: string[],
): Promise<void> {
  for (const { target, base, file } of overlays) {
    if (!(await lstat(file).catch(() => undefined))) continue;
    const inUse = domain && (await imageOf(domain, target)) === file;
    if (inUse) {
      actions.push(
        `disk '${target}' goes on in '${file}': once the domain runs, blockcommit ${domain.name} ${target} --active --pivot merges it into '${base}'`,
      );
    } else if (await holdsData(file)) {
      actions.push(`'${file}' holds what the guest wrote to disk '${target}': qemu-img commit '${file}'`);
    } else {
      await rm(file, { force: true });
      actions.push(`removed '${file}'`);
    }
  }
}
