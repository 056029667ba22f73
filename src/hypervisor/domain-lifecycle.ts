/** virDomainGetState: numbers of run-state.ts. */
export interface DomainState {
  state: number;
  reason: number;
}

/** virDomainInfo: memory in KiB, `cpuTime` in ns. */
export interface DomainInfo {
  state: number;
  maxMem: bigint;
  memory: bigint;
  nrVirtCpu: number;
  cpuTime: bigint;
}

/** virDomainControlInfo: state and details are VIR_DOMAIN_CONTROL_*, `stateTime` in ms. */
export interface DomainControlInfo {
  state: number;
  details: number;
  stateTime: bigint;
}

/** virSecurityLabel. */
export interface SecurityLabel {
  label: string;
  enforcing: boolean;
}

/** What a domain is, and turning it on, off and around. */
export interface DomainLifecycle {
  /** Running id, or -1 when it doesn't run. */
  getID(): Promise<number>;
  getState(flags?: number): Promise<DomainState>;
  getInfo(): Promise<DomainInfo>;
  getControlInfo(flags?: number): Promise<DomainControlInfo>;
  getOSType(): Promise<string>;
  getXMLDesc(flags?: number): Promise<string>;
  getHostname(flags?: number): Promise<string>;
  getAutostart(): Promise<boolean>;
  setAutostart(autostart: boolean): Promise<void>;
  isActive(): Promise<boolean>;
  isPersistent(): Promise<boolean>;
  isUpdated(): Promise<boolean>;
  create(): Promise<void>;
  createWithFlags(flags?: number): Promise<void>;
  createWithFiles(files: readonly number[], flags?: number): Promise<void>;
  shutdown(): Promise<void>;
  shutdownFlags(flags?: number): Promise<void>;
  reboot(flags?: number): Promise<void>;
  reset(flags?: number): Promise<void>;
  destroy(): Promise<void>;
  destroyFlags(flags?: number): Promise<void>;
  suspend(): Promise<void>;
  resume(): Promise<void>;
  undefine(): Promise<void>;
  undefineFlags(flags?: number): Promise<void>;
  rename(newName: string, flags?: number): Promise<void>;
  injectNMI(flags?: number): Promise<void>;
  /** @param holdtime ms the keys are held down, 0 for the hypervisor's choice. */
  sendKey(codeset: number, holdtime: number, keycodes: readonly number[], flags?: number): Promise<void>;
  sendProcessSignal(pid: bigint, signal: number, flags?: number): Promise<void>;
  setLifecycleAction(type: number, action: number, flags?: number): Promise<void>;
  pmSuspendForDuration(target: number, seconds: bigint, flags?: number): Promise<void>;
  pmWakeup(flags?: number): Promise<void>;
  getMetadata(type: number, uri: string | null, flags?: number): Promise<string>;
  setMetadata(
    type: number,
    metadata: string | null,
    key: string | null,
    uri: string | null,
    flags?: number,
  ): Promise<void>;
  getSecurityLabel(): Promise<SecurityLabel>;
  getSecurityLabelList(): Promise<SecurityLabel[]>;
  getMessages(flags?: number): Promise<string[]>;
}
