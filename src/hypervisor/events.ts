import type { TypedParameter } from './typed-parameter.js';

/** The domain an event is about, as it was when the event happened. */
export interface EventDomain {
  name: string;
  uuid: string;
  /** -1 when it doesn't run. */
  id: number;
}

/** What each event says beside its domain, keyed by the name virsh's `event` uses. */
export interface DomainEventDetails {
  lifecycle: { type: number; detail: number };
  reboot: object;
  'rtc-change': { utcOffset: bigint };
  watchdog: { action: number };
  'io-error': { srcPath: string; device: string; action: number };
  graphics: {
    phase: number;
    local: GraphicsAddress | null;
    remote: GraphicsAddress | null;
    authScheme: string;
    subject: { type: string; name: string }[];
  };
  'io-error-reason': { srcPath: string; device: string; action: number; reason: string };
  'control-error': object;
  'block-job': { disk: string; type: number; status: number };
  'disk-change': {
    oldSrcPath: string | null;
    newSrcPath: string | null;
    device: string;
    reason: number;
  };
  'tray-change': { device: string; reason: number };
  'pm-wakeup': { reason: number };
  'pm-suspend': { reason: number };
  'balloon-change': { actual: bigint };
  'pm-suspend-disk': { reason: number };
  'device-removed': { device: string };
  'block-job-2': { disk: string; type: number; status: number };
  tunable: { params: TypedParameter[] };
  'agent-lifecycle': { state: number; reason: number };
  'device-added': { device: string };
  'migration-iteration': { iteration: number };
  'job-completed': { params: TypedParameter[] };
  'device-removal-failed': { device: string };
  'metadata-change': { type: number; uri: string | null };
  'block-threshold': { device: string; path: string | null; threshold: bigint; excess: bigint };
  'memory-failure': { recipient: number; action: number; flags: number };
  'memory-device-size-change': { alias: string; size: bigint };
}

/** virDomainEventGraphicsAddress. */
export interface GraphicsAddress {
  family: number;
  node: string;
  service: string | null;
}

export type DomainEventName = keyof DomainEventDetails;

/** One event: `{event: 'lifecycle', domain, type, detail}` and so on. */
export type DomainEvent = {
  [Name in DomainEventName]: { event: Name; domain: EventDomain } & DomainEventDetails[Name];
}[DomainEventName];

/** An event QEMU's monitor sent, untranslated: `details` is JSON text or null. */
export interface MonitorEvent {
  event: string;
  domain: EventDomain;
  seconds: bigint;
  micros: number;
  details: string | null;
}

/** An event of what is no domain. */
export interface ObjectEvent {
  event: string;
  /** A network's, pool's or device's name, a secret's UUID. */
  object: string;
  /** Of a `lifecycle` event: VIR_NETWORK_EVENT_* and so on. */
  type?: number;
}

/** The connection itself: `closed` with VIR_CONNECT_CLOSE_REASON_*, `reopened` after it came back. */
export type ConnectionEvent =
  | { event: 'closed'; reason: number }
  | { event: 'reopened' }
  | { event: 'reopen-failed'; message: string }
  /** Another program got the domain's monitor, which serves one at a time: no news until `regained`. Told again when
   * something of ours is seen to go on there. */
  | { event: 'yielded'; domain: EventDomain }
  | { event: 'regained'; domain: EventDomain }
  /** Domains may have come, of which no event of their own can tell. */
  | { event: 'domains-changed' };

/** Ends a subscription; nothing is delivered after it resolves. */
export interface Subscription {
  close(): Promise<void>;
}

/** Events of a connection. The first subscription may cost a thread and a connection of its own. */
export interface Events {
  /**
   * @param names which events, in any number; unknown ones are refused.
   * @param domain uuid of the only domain wanted; undefined for all.
   */
  watchDomainEvents(
    names: readonly DomainEventName[],
    listener: (event: DomainEvent) => void,
    domain?: string,
  ): Promise<Subscription>;
  /** @param flags VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX, _NOCASE. */
  watchMonitorEvents(
    event: string | null,
    listener: (event: MonitorEvent) => void,
    domain?: string,
    flags?: number,
  ): Promise<Subscription>;
  /**
   * @param names which events: `lifecycle`; `refresh` of a pool, `update` of a device, `value-changed` of a secret.
   * @param key the only one wanted: a UUID, of devices the name; undefined for all.
   */
  watchObjectEvents(
    object: 'network' | 'pool' | 'node-device' | 'secret',
    names: readonly string[],
    listener: (event: ObjectEvent) => void,
    key?: string,
  ): Promise<Subscription>;
  watchConnection(listener: (event: ConnectionEvent) => void): Promise<Subscription>;
}
