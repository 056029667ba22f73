import { type Arguments, CommandError, parseScaled, parseWhole } from '../../src/shell/index.js';

const ULONG_MAX = 2n ** 64n - 1n;

/**
 * The number of `--bandwidth`: one without a unit may be negative and then wraps around, as it always could;
 * one with a unit is multiplied by it, whatever the number counts (MiB/s, or bytes/s with `--bytes`).
 * @throws CommandError in virsh's words.
 */
export function bandwidthOf(args: Pick<Arguments, 'raw'>): bigint {
  const text = args.raw('bandwidth' as never);
  if (text === undefined) return 0n;
  const whole = parseWhole(text);
  if (whole !== undefined && whole <= ULONG_MAX && whole >= -ULONG_MAX) return BigInt.asUintN(64, whole);
  const scaled = parseScaled(text, 1n, ULONG_MAX);
  if ('value' in scaled) return scaled.value;
  throw new CommandError(
    `Scaled numeric value '${text}' for <--bandwidth> option is malformed or out of range`,
    scaled.error === '' ? undefined : new Error(scaled.error),
  );
}
