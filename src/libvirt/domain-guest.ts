import koffi from 'koffi';
import { DomainJobs } from './domain-jobs.js';
import { present, succeed } from './error.js';
import { native } from './library.js';
import {
  free,
  readPointers,
  readStructs,
  readText,
  takePointers,
  takeText,
  takeTexts,
  wide,
} from './memory.js';
import type { Stream } from './stream.js';
import { type TypedParameter, takeTypedParameters } from './typed-parameters.js';

/** virDomainFSInfo. */
export interface FSInfo {
  mountpoint: string;
  name: string;
  fstype: string;
  devAlias: string[];
}

/** virDomainGetTime: the guest's wall clock. */
export interface GuestTime {
  seconds: bigint;
  nseconds: number;
}

const virDomainFSInfo = koffi.struct({
  mountpoint: 'const char *',
  name: 'const char *',
  fstype: 'const char *',
  ndevAlias: 'size_t',
  devAlias: 'void *',
});

/** QEMU's monitor, the guest's consoles and the agent inside the guest. */
export class DomainGuest extends DomainJobs {
  /**
   * @param device alias of a character device; null for the first console.
   * @param flags VIR_DOMAIN_CONSOLE_*.
   */
  openConsole(device: string | null, stream: Stream, flags = 0): void {
    succeed(native.virDomainOpenConsole(this.pointer, device, stream.pointer, flags));
  }

  /** @param flags VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP for the human monitor. @returns the reply as sent. */
  qemuMonitorCommand(command: string, flags = 0): string {
    const result: [bigint | null] = [null];
    succeed(native.virDomainQemuMonitorCommand(this.pointer, command, result, flags));
    return takeText(result[0]) ?? '';
  }

  /** Passes descriptors of this process along; `files` are those QEMU gave back, ours to close. */
  qemuMonitorCommandWithFiles(
    command: string,
    files: readonly number[],
    flags = 0,
  ): { result: string; files: number[] } {
    const count: [number] = [0];
    const given: [bigint | null] = [null];
    const result: [bigint | null] = [null];
    succeed(
      native.virDomainQemuMonitorCommandWithFiles(
        this.pointer,
        command,
        files.length,
        [...files],
        count,
        given,
        result,
        flags,
      ),
    );
    const text = takeText(result[0]) ?? '';
    try {
      return { result: text, files: given[0] === null ? [] : koffi.decode(given[0], 'int', count[0]) };
    } finally {
      free(given[0]);
    }
  }

  /**
   * @param timeout seconds, or VIR_DOMAIN_QEMU_AGENT_COMMAND_*.
   * @returns the reply; null where the agent was not waited for.
   */
  qemuAgentCommand(command: string, timeout: number, flags = 0): string | null {
    // No reply is no error where none was waited for, so the error has to be told from an old one.
    native.virResetLastError();
    const reply: string | null = native.virDomainQemuAgentCommand(this.pointer, command, timeout, flags);
    if (reply === null && native.virGetLastErrorCode() !== 0) return present(reply);
    return reply;
  }

  /** @returns how many filesystems were frozen. No mount points means all of them. */
  fsFreeze(mountpoints: readonly string[] = [], flags = 0): number {
    return succeed(
      native.virDomainFSFreeze(
        this.pointer,
        mountpoints.length > 0 ? [...mountpoints] : null,
        mountpoints.length,
        flags,
      ),
    );
  }

  /** @returns how many filesystems were thawed. */
  fsThaw(mountpoints: readonly string[] = [], flags = 0): number {
    return succeed(
      native.virDomainFSThaw(
        this.pointer,
        mountpoints.length > 0 ? [...mountpoints] : null,
        mountpoints.length,
        flags,
      ),
    );
  }

  /** @param minimum bytes: shorter free ranges are left alone. */
  fsTrim(mountpoint: string | null, minimum: bigint, flags = 0): void {
    succeed(native.virDomainFSTrim(this.pointer, mountpoint, minimum, flags));
  }

  getFSInfo(flags = 0): FSInfo[] {
    const list: [bigint | null] = [null];
    const count = succeed(native.virDomainGetFSInfo(this.pointer, list, flags));
    const pointers = takePointers(list[0], count);
    try {
      return pointers.map((pointer) => {
        const [info] = readStructs<{
          mountpoint: string;
          name: string;
          fstype: string;
          ndevAlias: number;
          devAlias: bigint | null;
        }>(pointer, virDomainFSInfo, 1);
        if (!info) throw new RangeError('no filesystem in the list');
        const { mountpoint, name, fstype, ndevAlias, devAlias } = info;
        const aliases = readPointers(devAlias, ndevAlias).map((each) => readText(each) ?? '');
        return { mountpoint, name, fstype, devAlias: aliases };
      });
    } finally {
      for (const pointer of pointers) native.virDomainFSInfoFree(pointer);
    }
  }

  getTime(flags = 0): GuestTime {
    const seconds = [0];
    const nseconds = [0];
    succeed(native.virDomainGetTime(this.pointer, seconds, nseconds, flags));
    return { seconds: wide(seconds[0] ?? 0), nseconds: nseconds[0] ?? 0 };
  }

  setTime(seconds: bigint, nseconds: number, flags = 0): void {
    succeed(native.virDomainSetTime(this.pointer, seconds, nseconds, flags));
  }

  setUserPassword(user: string, password: string, flags = 0): void {
    succeed(native.virDomainSetUserPassword(this.pointer, user, password, flags));
  }

  authorizedSSHKeysGet(user: string, flags = 0): string[] {
    const keys: [bigint | null] = [null];
    const count = succeed(native.virDomainAuthorizedSSHKeysGet(this.pointer, user, keys, flags));
    return takeTexts(keys[0], count);
  }

  authorizedSSHKeysSet(user: string, keys: readonly string[], flags = 0): void {
    succeed(native.virDomainAuthorizedSSHKeysSet(this.pointer, user, [...keys], keys.length, flags));
  }

  getGuestVcpus(flags = 0): TypedParameter[] {
    const params: [bigint | null] = [null];
    const count: [number] = [0];
    succeed(native.virDomainGetGuestVcpus(this.pointer, params, count, flags));
    return takeTypedParameters(params[0], count[0]);
  }

  setGuestVcpus(cpumap: string, state: number, flags = 0): void {
    succeed(native.virDomainSetGuestVcpus(this.pointer, cpumap, state, flags));
  }

  /** @param types VIR_DOMAIN_GUEST_INFO_*, 0 for all that the agent knows. */
  getGuestInfo(types: number, flags = 0): TypedParameter[] {
    const params: [bigint | null] = [null];
    const count: [number] = [0];
    succeed(native.virDomainGetGuestInfo(this.pointer, types, params, count, flags));
    return takeTypedParameters(params[0], count[0]);
  }

  /** @param seconds or VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_*. */
  agentSetResponseTimeout(seconds: number, flags = 0): void {
    succeed(native.virDomainAgentSetResponseTimeout(this.pointer, seconds, flags));
  }
}
