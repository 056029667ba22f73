import {
  VIR_CPU_COMPARE_IDENTICAL,
  VIR_CPU_COMPARE_INCOMPATIBLE,
  VIR_CPU_COMPARE_SUPERSET,
} from '../../src/hypervisor/constants.js';
import { type Context, SilentFailure } from '../../src/shell/index.js';

export interface ComparisonWords {
  readonly incompatible: string;
  readonly identical: string;
  readonly superset: string;
  readonly failed: string;
}

const results = new Map<number, keyof ComparisonWords>([
  [VIR_CPU_COMPARE_INCOMPATIBLE, 'incompatible'],
  [VIR_CPU_COMPARE_IDENTICAL, 'identical'],
  [VIR_CPU_COMPARE_SUPERSET, 'superset'],
]);

/** The `--json` shape of the comparing commands. */
export const comparisonShape = { object: { result: 'string' } } as const;

/**
 * Says how a CPU compares.
 * @param result VIR_CPU_COMPARE_*.
 * @throws SilentFailure they are incompatible, which is an answer and a failure.
 */
export function tellComparison(context: Context, result: number, words: ComparisonWords): void {
  const outcome = results.get(result) ?? 'failed';
  context.emit({ result: outcome });
  if (outcome === 'failed') context.output.error(words.failed);
  else context.output.print(`${words[outcome]}\n`);
  if (outcome === 'failed' || outcome === 'incompatible') throw new SilentFailure();
}
