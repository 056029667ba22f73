/** What is known of how a snapshot was taken; what isn't is left out. */
export interface Taking {
  /** How long the guest stood still, in ms; 0 says that it did not. */
  readonly pauseMs?: number | undefined;
  /** How the memory was taken, for people. */
  readonly how?: string | undefined;
  /** Memory written, in bytes. */
  readonly memoryBytes?: number | undefined;
  /** All of it, in ms. */
  readonly milliseconds: number;
}

/** `Guest paused 4.7 ms, memory by background (…), 110.4 MiB, 0.6 s`; a snapshot of disks alone stops no guest. */
export function takenSummary({ pauseMs, how, memoryBytes = 0, milliseconds }: Taking): string {
  const parts: string[] = [];
  if (pauseMs === 0) parts.push('guest not paused');
  else if (pauseMs !== undefined) parts.push(`guest paused ${Number(pauseMs.toFixed(1))} ms`);
  if (memoryBytes > 0)
    parts.push(`memory ${how ? `by ${how}, ` : ''}${(memoryBytes / 2 ** 20).toFixed(1)} MiB`);
  parts.push(`${(milliseconds / 1000).toFixed(1)} s`);
  const text = parts.join(', ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
