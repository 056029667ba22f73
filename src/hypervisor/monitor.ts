/** Talking to QEMU itself. */
export interface DomainMonitor {
  /** @param flags VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP for the human monitor. @returns the reply as sent. */
  qemuMonitorCommand(command: string, flags?: number): Promise<string>;
  /** Passes descriptors of this process along; `files` are those QEMU gave back, ours to close. */
  qemuMonitorCommandWithFiles(
    command: string,
    files: readonly number[],
    flags?: number,
  ): Promise<{ result: string; files: number[] }>;
}
