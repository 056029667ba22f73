/** Ends the program. The only place that does. */
export function leave(status: number): void {
  process.exitCode = status;
  process.exit();
}
