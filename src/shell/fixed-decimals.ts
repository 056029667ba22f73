/**
 * A number with a fixed count of decimals as C's printf writes it. It differs from `toFixed` only in an exact
 * tie (0.25 with one decimal), where C rounds to the even digit and JavaScript away from zero.
 */
export function fixedDecimals(value: number, decimals: number): string {
  if (Number.isNaN(value)) return 'nan';
  const rounded = value.toFixed(decimals);
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const exact = value.toFixed(Math.min(100, decimals + 60));
  const kept = exact.length - (Math.min(100, decimals + 60) - decimals);
  if (!/^50*$/.test(exact.slice(kept))) return rounded;
  const towardsZero = exact.slice(0, kept).replace(/\.$/, '');
  return Number(towardsZero.at(-1)) % 2 === 0 ? towardsZero : rounded;
}
