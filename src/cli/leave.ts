/**
 * Ends the program. The only place that does.
 * @param threads calls may still be blocked on threads of the binding: don't wait for them.
 */
export async function leave(status: number, threads: boolean): Promise<never> {
  if (threads) {
    const { hardExit } = await import('../libvirt/hard-exit.js');
    return hardExit(status);
  }
  process.exit(status);
}
