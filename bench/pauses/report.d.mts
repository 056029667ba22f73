/** What one try of a method gave; what doesn't apply is left out. */
export interface Attempt {
  pauseMs?: number;
  gapMs?: number;
  totalMs?: number;
  runsMs?: number;
  imageBytes?: number;
  cpuMs?: number;
  peakMiB?: number;
  method?: string;
}
export interface Measured {
  runs: number;
  snapshots: Record<string, Attempt[]>;
  revert?: Record<string, Attempt[]>;
}
export interface Goal {
  goal: string;
  ratio: number;
  limit: number;
  met: boolean;
}
export declare function median(values: readonly (number | undefined)[]): number | undefined;
export declare function snapshotTable(results: Record<string, Attempt[]>): string;
export declare function revertTable(results: Record<string, Attempt[]>): string;
export declare function judgeGoals(measured: Record<string, Measured>): Goal[];
export declare function goalLines(goals: readonly Goal[]): string;
