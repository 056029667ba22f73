import type { TypedParameter } from './typed-parameter.js';

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

/** What the agent inside the guest does. */
export interface DomainAgent {
  /**
   * @param timeout seconds, or VIR_DOMAIN_QEMU_AGENT_COMMAND_*.
   * @returns the reply, or null if the agent was not waited for.
   */
  qemuAgentCommand(command: string, timeout: number, flags?: number): Promise<string | null>;
  /** @returns how many filesystems were frozen. An empty list means all of them. */
  fsFreeze(mountpoints?: readonly string[], flags?: number): Promise<number>;
  fsThaw(mountpoints?: readonly string[], flags?: number): Promise<number>;
  fsTrim(mountpoint: string | null, minimum: bigint, flags?: number): Promise<void>;
  getFSInfo(flags?: number): Promise<FSInfo[]>;
  getTime(flags?: number): Promise<GuestTime>;
  setTime(seconds: bigint, nseconds: number, flags?: number): Promise<void>;
  setUserPassword(user: string, password: string, flags?: number): Promise<void>;
  authorizedSSHKeysGet(user: string, flags?: number): Promise<string[]>;
  authorizedSSHKeysSet(user: string, keys: readonly string[], flags?: number): Promise<void>;
  getGuestVcpus(flags?: number): Promise<TypedParameter[]>;
  setGuestVcpus(cpumap: string, state: number, flags?: number): Promise<void>;
  getGuestInfo(types: number, flags?: number): Promise<TypedParameter[]>;
  /** @param seconds or VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_*. */
  agentSetResponseTimeout(seconds: number, flags?: number): Promise<void>;
}
