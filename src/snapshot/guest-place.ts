import { basename } from 'node:path';
import { firstMonitor } from './first-monitor.js';
import type { QemuProcess } from './guest.js';
import { processBehind } from './qemu-process.js';
import { domainStateFolder } from './state-folder.js';

/** What can be told of the guest behind a QMP socket without asking it: its monitor may be taken. */
export interface GuestPlace {
  readonly process: QemuProcess | undefined;
  /** Its state folder, the same whichever of its monitors it is reached by. */
  readonly folder: string;
  /** What it is called if it was given no name: its first monitor's file name, without a usual ending. */
  readonly nickname: string;
}

export async function locateGuest(socket: string): Promise<GuestPlace> {
  const process = await processBehind(socket);
  const monitor = await firstMonitor(socket, process);
  return {
    process,
    folder: await domainStateFolder(monitor),
    nickname: basename(monitor).replace(/\.(sock|socket|qmp|monitor)$/, ''),
  };
}
