import { VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE } from '../../src/hypervisor/constants.js';
import type { Domain, SnapshotFacts } from '../../src/hypervisor/index.js';
import { type Arguments, CommandError, type Context, InterruptedError } from '../../src/shell/index.js';
import type { engineOptions } from './create-options.js';
import { StreamBar } from './stream-bar.js';
import { takenSummary } from './taken-summary.js';

/** What the user asks of snapctl's own engine. */
export interface EngineWishes {
  readonly method: string | undefined;
  readonly progress: boolean;
}

/** @throws CommandError there is no such method. */
export function engineWishes(args: Pick<Arguments<typeof engineOptions>, 'optional' | 'flag'>): EngineWishes {
  const method = args.optional('method');
  const known: readonly string[] = ['background', 'precopy', 'stopped'];
  if (method !== undefined && !known.includes(method)) {
    throw new CommandError(`Unknown method '${method}': expected background, precopy or stopped`);
  }
  return { method, progress: args.flag('progress') };
}

/**
 * Has snapctl's own engine take the snapshot, and tells what it cost. An interrupt is undone by the engine.
 * @returns its name.
 */
export async function createWithEngine(
  context: Context,
  domain: Domain,
  xml: string,
  flags: number,
  wishes: EngineWishes,
): Promise<string> {
  const { output, signal } = context;
  const shown = wishes.progress || (Boolean(output.streams.stderr.isTTY) && !output.quiet);
  const bar = shown ? new StreamBar(output.streams.stderr) : undefined;
  let snapshot: Awaited<ReturnType<Domain['snapshotCreateXML']>>;
  try {
    snapshot = await domain.snapshotCreateXML(xml, flags, {
      method: wishes.method,
      signal,
      ...(bar ? { onProgress: (progress) => bar.show(progress) } : {}),
    });
  } catch (error) {
    if (signal.aborted) throw new InterruptedError('interrupted', { cause: error });
    throw error;
  } finally {
    bar?.clear();
  }
  const { taken } = snapshot;
  context.emit({
    name: snapshot.name,
    domain: domain.name,
    ...(taken
      ? {
          method: taken.method,
          reason: taken.reason,
          pauseMs: taken.pauseMilliseconds,
          elapsedMs: Math.round(taken.milliseconds),
          memoryBytes: taken.memoryBytes,
          passes: taken.passes,
        }
      : {}),
  });
  if (shown && taken && (flags & VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE) === 0) output.notice(summary(taken));
  return snapshot.name;
}

const summary = ({ pauseMilliseconds, method, reason, memoryBytes, milliseconds }: SnapshotFacts): string =>
  takenSummary({
    pauseMs: pauseMilliseconds ?? undefined,
    how: `${method}${reason ? ` (${reason})` : ''}`,
    memoryBytes,
    milliseconds,
  });
