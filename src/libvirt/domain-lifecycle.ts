import koffi from 'koffi';
import { VIR_SECURITY_LABEL_BUFLEN } from './constants.js';
import { DomainHandle } from './domain-handle.js';
import { present, succeed } from './error.js';
import { native } from './library.js';
import { free, readStructs, takeTexts, wide, withMemory } from './memory.js';

/** virDomainGetState. */
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

const virDomainInfo = koffi.struct({
  state: 'unsigned char',
  maxMem: 'unsigned long',
  memory: 'unsigned long',
  nrVirtCpu: 'unsigned short',
  cpuTime: 'unsigned long long',
});
const virDomainControlInfo = koffi.struct({
  state: 'unsigned int',
  details: 'unsigned int',
  stateTime: 'unsigned long long',
});
const virSecurityLabel = koffi.struct({
  label: koffi.array('char', VIR_SECURITY_LABEL_BUFLEN, 'String'),
  enforcing: 'int',
});

// What virDomainGetID gives for a domain that doesn't run: (unsigned int)-1.
const NO_ID = 0xffffffff;

/** What a domain is, and turning it on, off and around. */
export class DomainLifecycle extends DomainHandle {
  /** Running id, or -1 when it doesn't run. */
  getID(): number {
    const id: number = native.virDomainGetID(this.pointer);
    return id === NO_ID ? -1 : id;
  }

  getState(flags = 0): DomainState {
    const state = [0];
    const reason = [0];
    succeed(native.virDomainGetState(this.pointer, state, reason, flags));
    return { state: state[0] ?? 0, reason: reason[0] ?? 0 };
  }

  getInfo(): DomainInfo {
    const info = Buffer.alloc(koffi.sizeof(virDomainInfo));
    succeed(native.virDomainGetInfo(this.pointer, info));
    const { state, maxMem, memory, nrVirtCpu, cpuTime } = koffi.decode(info, virDomainInfo);
    return { state, maxMem: wide(maxMem), memory: wide(memory), nrVirtCpu, cpuTime: wide(cpuTime) };
  }

  getControlInfo(flags = 0): DomainControlInfo {
    const info = Buffer.alloc(koffi.sizeof(virDomainControlInfo));
    succeed(native.virDomainGetControlInfo(this.pointer, info, flags));
    const { state, details, stateTime } = koffi.decode(info, virDomainControlInfo);
    return { state, details, stateTime: wide(stateTime) };
  }

  getOSType(): string {
    return present(native.virDomainGetOSType(this.pointer));
  }

  getXMLDesc(flags = 0): string {
    return present(native.virDomainGetXMLDesc(this.pointer, flags));
  }

  getHostname(flags = 0): string {
    return present(native.virDomainGetHostname(this.pointer, flags));
  }

  getAutostart(): boolean {
    const autostart = [0];
    succeed(native.virDomainGetAutostart(this.pointer, autostart));
    return autostart[0] !== 0;
  }

  setAutostart(autostart: boolean): void {
    succeed(native.virDomainSetAutostart(this.pointer, autostart ? 1 : 0));
  }

  isActive(): boolean {
    return succeed(native.virDomainIsActive(this.pointer)) === 1;
  }

  isPersistent(): boolean {
    return succeed(native.virDomainIsPersistent(this.pointer)) === 1;
  }

  isUpdated(): boolean {
    return succeed(native.virDomainIsUpdated(this.pointer)) === 1;
  }

  create(): void {
    succeed(native.virDomainCreate(this.pointer));
  }

  createWithFlags(flags = 0): void {
    succeed(native.virDomainCreateWithFlags(this.pointer, flags));
  }

  createWithFiles(files: readonly number[], flags = 0): void {
    succeed(native.virDomainCreateWithFiles(this.pointer, files.length, [...files], flags));
  }

  shutdown(): void {
    succeed(native.virDomainShutdown(this.pointer));
  }

  shutdownFlags(flags = 0): void {
    succeed(native.virDomainShutdownFlags(this.pointer, flags));
  }

  reboot(flags = 0): void {
    succeed(native.virDomainReboot(this.pointer, flags));
  }

  reset(flags = 0): void {
    succeed(native.virDomainReset(this.pointer, flags));
  }

  destroy(): void {
    succeed(native.virDomainDestroy(this.pointer));
  }

  destroyFlags(flags = 0): void {
    succeed(native.virDomainDestroyFlags(this.pointer, flags));
  }

  suspend(): void {
    succeed(native.virDomainSuspend(this.pointer));
  }

  resume(): void {
    succeed(native.virDomainResume(this.pointer));
  }

  undefine(): void {
    succeed(native.virDomainUndefine(this.pointer));
  }

  undefineFlags(flags = 0): void {
    succeed(native.virDomainUndefineFlags(this.pointer, flags));
  }

  rename(newName: string, flags = 0): void {
    succeed(native.virDomainRename(this.pointer, newName, flags));
  }

  injectNMI(flags = 0): void {
    succeed(native.virDomainInjectNMI(this.pointer, flags));
  }

  /** @param holdtime ms the keys are held down, 0 for the hypervisor's choice. */
  sendKey(codeset: number, holdtime: number, keycodes: readonly number[], flags = 0): void {
    succeed(native.virDomainSendKey(this.pointer, codeset, holdtime, [...keycodes], keycodes.length, flags));
  }

  sendProcessSignal(pid: bigint, signal: number, flags = 0): void {
    succeed(native.virDomainSendProcessSignal(this.pointer, pid, signal, flags));
  }

  setLifecycleAction(type: number, action: number, flags = 0): void {
    succeed(native.virDomainSetLifecycleAction(this.pointer, type, action, flags));
  }

  pmSuspendForDuration(target: number, seconds: bigint, flags = 0): void {
    succeed(native.virDomainPMSuspendForDuration(this.pointer, target, seconds, flags));
  }

  pmWakeup(flags = 0): void {
    succeed(native.virDomainPMWakeup(this.pointer, flags));
  }

  getMetadata(type: number, uri: string | null, flags = 0): string {
    return present(native.virDomainGetMetadata(this.pointer, type, uri, flags));
  }

  setMetadata(
    type: number,
    metadata: string | null,
    key: string | null,
    uri: string | null,
    flags = 0,
  ): void {
    succeed(native.virDomainSetMetadata(this.pointer, type, metadata, key, uri, flags));
  }

  getSecurityLabel(): SecurityLabel {
    return withMemory(koffi.sizeof(virSecurityLabel), (pointer) => {
      succeed(native.virDomainGetSecurityLabel(this.pointer, pointer));
      return readSecurityLabels(pointer, 1)[0] as SecurityLabel;
    });
  }

  getSecurityLabelList(): SecurityLabel[] {
    const list: [bigint | null] = [null];
    const count = succeed(native.virDomainGetSecurityLabelList(this.pointer, list));
    try {
      return readSecurityLabels(list[0], count);
    } finally {
      free(list[0]);
    }
  }

  getMessages(flags = 0): string[] {
    const list: [bigint | null] = [null];
    const count = succeed(native.virDomainGetMessages(this.pointer, list, flags));
    return takeTexts(list[0], count);
  }
}

function readSecurityLabels(pointer: bigint | null, count: number): SecurityLabel[] {
  return readStructs<{ label: string; enforcing: number }>(pointer, virSecurityLabel, count).map(
    ({ label, enforcing }) => ({ label, enforcing: enforcing !== 0 }),
  );
}
