import { VIR_DOMAIN_AFFECT_CONFIG, VIR_DOMAIN_AFFECT_LIVE } from '../../src/hypervisor/constants.js';
import type { Domain } from '../../src/hypervisor/index.js';
import { type Arguments, exclusive } from '../../src/shell/index.js';
import { affectOptions, affectRules } from './affect-options.js';

/** As `affectOptions`, with `--persistent`: the definition, and the running domain too if there is one. */
export const persistentOptions = [
  { name: 'persistent', type: 'flag', help: 'make live change persistent' },
  ...affectOptions,
] as const;

export const persistentRules = [exclusive('persistent', 'current'), ...affectRules] as const;

/** VIR_DOMAIN_AFFECT_* that the options ask for; undefined where none was given, not even `--current`. */
export async function affectedBy(args: Pick<Arguments, 'has'>, domain: Domain): Promise<number | undefined> {
  const has = (option: string): boolean => args.has(option as never);
  let flags = has('config') || has('persistent') ? VIR_DOMAIN_AFFECT_CONFIG : 0;
  if (has('live')) flags |= VIR_DOMAIN_AFFECT_LIVE;
  if (has('persistent') && (await domain.isActive())) flags |= VIR_DOMAIN_AFFECT_LIVE;
  return flags === 0 && !has('current') ? undefined : flags;
}
