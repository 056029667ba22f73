import {
  VIR_ERR_OPERATION_FAILED,
  VIR_ERR_OPERATION_INVALID,
  VIR_FROM_DOMAIN_SNAPSHOT,
} from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { SnapshotDeleteOptions, SnapshotDeletePlan } from '../../hypervisor/snapshots.js';
import { type DeletePlan, DeleteRefused, type DeleteStep } from '../../snapshot/delete-model.js';
import { planDelete } from '../../snapshot/delete-plan.js';
import { DeleteFailure, deleteSnapshots } from '../../snapshot/delete-run.js';
import { readDeleteSituation } from '../../snapshot/delete-situation.js';
import type { BareDomain } from './bare-domain.js';
import { toHypervisorError } from './errors.js';
import type { ListedSnapshot } from './snapshot-list.js';

/**
 * Deletes snapshots of which some are outside the images, or lie among such.
 * @param name the one that is asked for.
 * @param doomed children before parents.
 * @param all the domain's.
 * @throws HypervisorError
 */
export async function deleteExternal(
  domain: BareDomain,
  name: string,
  doomed: readonly ListedSnapshot[],
  all: readonly ListedSnapshot[],
  options: SnapshotDeleteOptions,
): Promise<void> {
  const plan = await makePlan(domain, doomed, all);
  if (plan.snapshots.length === 0) return;
  try {
    const told = await deleteSnapshots(await domain.guest(), name, plan, {
      bandwidth: options.bandwidth ?? 0,
      signal: options.signal ?? new AbortController().signal,
      onProgress: options.onProgress,
    });
    for (const text of told) if (text.startsWith('kept ')) options.onNotice?.(text);
    for (const { file, reason } of plan.kept) options.onNotice?.(`kept '${file}': ${reason}`);
  } catch (error) {
    throw error instanceof DeleteFailure ? describeFailure(error) : error;
  }
}

/** What deleting them would do. Nothing is touched. @throws HypervisorError */
export async function describeDelete(
  domain: BareDomain,
  doomed: readonly ListedSnapshot[],
  all: readonly ListedSnapshot[],
): Promise<SnapshotDeletePlan> {
  const { snapshots, steps, kept, bytes } = await makePlan(domain, doomed, all);
  const files = steps.flatMap((step) => (step.action === 'unlink' ? [step] : []));
  return {
    snapshots,
    merges: steps.flatMap(describeMerge),
    remove: files.map(({ file, bytes: size }) => ({ file, bytes: size })),
    kept,
    bytes,
  };
}

function describeMerge(step: DeleteStep): SnapshotDeletePlan['merges'] {
  if (step.action === 'commit') {
    const { disk, base: into, top, through, bytes } = step;
    return [{ method: 'commit', disk, from: [top, ...[...through].reverse()], into, bytes }];
  }
  if (step.action === 'stream') {
    const { disk, into, from, bytes } = step;
    return [{ method: 'stream', disk, from: [...from].reverse(), into, bytes }];
  }
  return [];
}

async function makePlan(
  domain: BareDomain,
  doomed: readonly ListedSnapshot[],
  all: readonly ListedSnapshot[],
): Promise<DeletePlan> {
  try {
    const situation = await readDeleteSituation(await domain.guest(), all);
    return planDelete(
      situation,
      doomed.map(({ name }) => name),
    );
  } catch (error) {
    if (!(error instanceof DeleteRefused)) throw error;
    throw new HypervisorError(`Requested operation is not valid: ${error.message}`, {
      code: VIR_ERR_OPERATION_INVALID,
      domain: VIR_FROM_DOMAIN_SNAPSHOT,
      cause: error,
    });
  }
}

/** The reason, and what became of what was begun. */
function describeFailure(error: DeleteFailure): HypervisorError {
  const cause = toHypervisorError(error.cause);
  const text = cause instanceof Error ? cause.message : String(cause);
  const became = error.stopped?.actions ?? ['stopping what was begun failed too: run snapctl recover'];
  const code = cause instanceof HypervisorError ? cause.code : VIR_ERR_OPERATION_FAILED;
  return new HypervisorError([text, ...became].join('; '), {
    code,
    domain: VIR_FROM_DOMAIN_SNAPSHOT,
    cause: error,
  });
}
