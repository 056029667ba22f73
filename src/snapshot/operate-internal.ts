import { randomBytes } from 'node:crypto';
import { VIR_ERR_OPERATION_INVALID, VIR_FROM_DOMAIN_SNAPSHOT } from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import { runJob } from '../qmp/index.js';
import { Guardian } from './guardian.js';
import type { Guest } from './guest.js';
import { disksOf } from './guest-disks.js';
import { guestSize } from './guest-size.js';
import { Journal, type JournalRecord } from './journal.js';
import { beginRecord } from './journal-beginning.js';
import { finishDelete, finishRevert, mendInternal, mendInternalWithoutQemu } from './mend-internal.js';
import { settleCutOff } from './settle.js';

/** Loading or deleting state inside an image takes as long as its memory takes to read; QEMU answers nothing meanwhile. */
const JOB_TIMEOUT_MS = 30 * 60_000;

const invalid = (text: string): HypervisorError =>
  new HypervisorError(`Requested operation is not valid: ${text}`, {
    code: VIR_ERR_OPERATION_INVALID,
    domain: VIR_FROM_DOMAIN_SNAPSHOT,
  });

type Part = JournalRecord['internal'][number] & { readonly memory: number };

/** The disks whose images hold a snapshot of this name, the one with memory first, and those that lack it. */
async function partsOf(guest: Guest, name: string): Promise<{ holding: Part[]; lacking: string[] }> {
  const holding: Part[] = [];
  const lacking: string[] = [];
  for (const { target, medium } of await disksOf(guest)) {
    if (!medium || medium.readonly) continue;
    if (medium.busy) throw invalid(`disk '${target}' is in use by a block job`);
    const held = medium.image.snapshots?.find((each) => each.name === name);
    if (!held) lacking.push(target);
    else holding.push({ disk: target, node: medium.node, file: medium.file, memory: held['vm-state-size'] });
  }
  return { holding: holding.sort((a, b) => b.memory - a.memory), lacking };
}

/**
 * Goes back to a snapshot with memory inside the images. Everything that QEMU would refuse once it has stopped the guest
 * (it leaves it stopped then) is refused here, before.
 * @param leaveRunning whether the guest runs or is paused afterwards.
 * @throws HypervisorError refused; JobFailure the guest's state could not be loaded, and it stays stopped.
 */
export async function revertInternal(guest: Guest, name: string, leaveRunning: boolean): Promise<void> {
  const { holding, lacking } = await partsOf(guest, name);
  const [vmstate] = holding;
  if (!vmstate) throw invalid(`no disk holds snapshot '${name}'`);
  if (vmstate.memory === 0) {
    throw invalid(`snapshot '${name}' holds no memory: stop the guest and use qemu-img snapshot -a`);
  }
  if (lacking.length > 0) throw invalid(`disk '${lacking[0]}' does not hold snapshot '${name}'`);
  await operate(guest, 'snapshot-revert', name, holding, leaveRunning, async (journal, id) => {
    const devices = holding.map(({ node }) => node);
    await runJob(
      guest.qmp,
      id,
      () =>
        guest.qmp.execute(
          'snapshot-load',
          { 'job-id': id, tag: name, vmstate: vmstate.node, devices },
          { timeout: JOB_TIMEOUT_MS },
        ),
      { timeout: JOB_TIMEOUT_MS },
    );
    await journal.update({ step: 'finishing' });
    await finishRevert(guest, journal);
  });
}

/** Takes a snapshot out of the images that hold it, and out of the store. @throws HypervisorError, JobFailure */
export async function deleteInternal(guest: Guest, name: string): Promise<void> {
  const { holding } = await partsOf(guest, name);
  await operate(guest, 'snapshot-delete', name, holding, null, async (journal, id) => {
    if (holding.length > 0) {
      const devices = holding.map(({ node }) => node);
      await runJob(
        guest.qmp,
        id,
        () =>
          guest.qmp.execute(
            'snapshot-delete',
            { 'job-id': id, tag: name, devices },
            { timeout: JOB_TIMEOUT_MS },
          ),
        { timeout: JOB_TIMEOUT_MS },
      );
    }
    await journal.update({ step: 'finishing' });
    await finishDelete(journal);
  });
}

async function operate(
  guest: Guest,
  operation: 'snapshot-revert' | 'snapshot-delete',
  name: string,
  parts: readonly Part[],
  leaveRunning: boolean | null,
  work: (journal: Journal, job: string) => Promise<void>,
): Promise<void> {
  const { running } = await guest.qmp.execute('query-status');
  const job = `snapctl-${operation}-${randomBytes(4).toString('hex')}`;
  // Short, and an interrupt waits for the whole: QEMU can't be stopped in it.
  const guardian = await Guardian.start(guest.folder, new AbortController().signal);
  let journal: Journal | undefined;
  try {
    journal = await Journal.begin(guest.folder, {
      ...(await beginRecord(guest, guardian, operation)),
      snapshot: name,
      step: 'switching',
      method: 'internal',
      wasRunning: running,
      leaveRunning,
      jobs: [job],
      internal: parts.map(({ disk, node, file }) => ({ disk, node, file })),
      size: await guestSize(guest.qmp),
    });
    await work(journal, job);
    await journal.end();
    guardian.dismiss();
  } catch (error) {
    if (!journal) {
      guardian.dismiss();
      throw error;
    }
    const report = await settleCutOff(guest, journal, guardian, mendInternal, mendInternalWithoutQemu);
    if (report?.outcome !== 'completed') throw error;
  }
}
