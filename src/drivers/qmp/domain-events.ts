import { targetInJobId } from '../../block/block-job-ids.js';
import {
  VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL,
  VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED,
  VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_DISCONNECTED,
  VIR_DOMAIN_BLOCK_JOB_CANCELED,
  VIR_DOMAIN_BLOCK_JOB_COMPLETED,
  VIR_DOMAIN_BLOCK_JOB_FAILED,
  VIR_DOMAIN_BLOCK_JOB_READY,
  VIR_DOMAIN_BLOCK_JOB_TYPE_BACKUP,
  VIR_DOMAIN_BLOCK_JOB_TYPE_COMMIT,
  VIR_DOMAIN_BLOCK_JOB_TYPE_COPY,
  VIR_DOMAIN_BLOCK_JOB_TYPE_PULL,
  VIR_DOMAIN_EVENT_CRASHED,
  VIR_DOMAIN_EVENT_CRASHED_PANICKED,
  VIR_DOMAIN_EVENT_IO_ERROR_NONE,
  VIR_DOMAIN_EVENT_IO_ERROR_PAUSE,
  VIR_DOMAIN_EVENT_IO_ERROR_REPORT,
  VIR_DOMAIN_EVENT_PMSUSPENDED,
  VIR_DOMAIN_EVENT_PMSUSPENDED_MEMORY,
  VIR_DOMAIN_EVENT_RESUMED,
  VIR_DOMAIN_EVENT_RESUMED_UNPAUSED,
  VIR_DOMAIN_EVENT_SHUTDOWN,
  VIR_DOMAIN_EVENT_SHUTDOWN_GUEST,
  VIR_DOMAIN_EVENT_SHUTDOWN_HOST,
  VIR_DOMAIN_EVENT_STARTED,
  VIR_DOMAIN_EVENT_STARTED_WAKEUP,
  VIR_DOMAIN_EVENT_STOPPED,
  VIR_DOMAIN_EVENT_STOPPED_CRASHED,
  VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN,
  VIR_DOMAIN_EVENT_SUSPENDED,
  VIR_DOMAIN_EVENT_SUSPENDED_PAUSED,
} from '../../hypervisor/constants.js';
import type { DomainEvent, DomainEventName, EventDomain, MonitorEvent } from '../../hypervisor/events.js';
import type { EventMessage } from '../../qmp/index.js';
import type { BlockJobNames } from './bare-domain.js';

/** In the order of virDomainEventWatchdogAction. */
const watchdogActions = ['none', 'pause', 'reset', 'poweroff', 'shutdown', 'debug', 'inject-nmi'] as const;
/** virDomainBlockJobType by QEMU's job type. */
const jobTypes: Readonly<Record<string, number>> = {
  stream: VIR_DOMAIN_BLOCK_JOB_TYPE_PULL,
  mirror: VIR_DOMAIN_BLOCK_JOB_TYPE_COPY,
  commit: VIR_DOMAIN_BLOCK_JOB_TYPE_COMMIT,
  backup: VIR_DOMAIN_BLOCK_JOB_TYPE_BACKUP,
};

/**
 * A monitor's event in the model's terms: none, one or more.
 * @param agentPort id of the serial port that the guest agent is on.
 * @param jobNames of block jobs that were started here.
 */
export function toDomainEvents(
  message: EventMessage,
  domain: EventDomain,
  agentPort: string | undefined,
  jobNames?: ReadonlyMap<string, BlockJobNames>,
): DomainEvent[] {
  const { event, data } = message;
  const lifecycle = (type: number, detail: number): DomainEvent[] => [
    { event: 'lifecycle', domain, type, detail },
  ];
  switch (event) {
    case 'STOP':
      return lifecycle(VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_PAUSED);
    case 'RESUME':
      return lifecycle(VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_UNPAUSED);
    case 'SHUTDOWN':
      return lifecycle(
        VIR_DOMAIN_EVENT_SHUTDOWN,
        data.guest ? VIR_DOMAIN_EVENT_SHUTDOWN_GUEST : VIR_DOMAIN_EVENT_SHUTDOWN_HOST,
      );
    case 'SUSPEND':
      return [
        { event: 'pm-suspend', domain, reason: 0 },
        ...lifecycle(VIR_DOMAIN_EVENT_PMSUSPENDED, VIR_DOMAIN_EVENT_PMSUSPENDED_MEMORY),
      ];
    case 'WAKEUP':
      return [
        { event: 'pm-wakeup', domain, reason: 0 },
        ...lifecycle(VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_WAKEUP),
      ];
    case 'GUEST_PANICKED':
      return lifecycle(VIR_DOMAIN_EVENT_CRASHED, VIR_DOMAIN_EVENT_CRASHED_PANICKED);
    case 'RESET':
      return [{ event: 'reboot', domain }];
    case 'RTC_CHANGE':
      return [{ event: 'rtc-change', domain, utcOffset: BigInt(Number(data.offset)) }];
    case 'WATCHDOG': {
      const action = watchdogActions.indexOf(String(data.action) as (typeof watchdogActions)[number]);
      return [{ event: 'watchdog', domain, action: Math.max(0, action) }];
    }
    case 'BALLOON_CHANGE':
      return [{ event: 'balloon-change', domain, actual: BigInt(Number(data.actual)) / 1024n }];
    case 'BLOCK_IO_ERROR':
      return ioErrors(data, domain);
    case 'BLOCK_WRITE_THRESHOLD':
      return [
        {
          event: 'block-threshold',
          domain,
          device: String(data['node-name']),
          path: null,
          threshold: BigInt(Number(data['write-threshold'])),
          excess: BigInt(Number(data['amount-exceeded'])),
        },
      ];
    case 'BLOCK_JOB_COMPLETED':
      return blockJob(
        data,
        domain,
        data.error === undefined ? VIR_DOMAIN_BLOCK_JOB_COMPLETED : VIR_DOMAIN_BLOCK_JOB_FAILED,
        jobNames,
      );
    case 'BLOCK_JOB_CANCELLED':
      return blockJob(data, domain, VIR_DOMAIN_BLOCK_JOB_CANCELED, jobNames);
    case 'BLOCK_JOB_READY':
      return blockJob(data, domain, VIR_DOMAIN_BLOCK_JOB_READY, jobNames);
    case 'VSERPORT_CHANGE':
      return data.id === agentPort ? [agentEvent(Boolean(data.open), domain)] : [];
    case 'DEVICE_DELETED':
      return data.device === undefined
        ? []
        : [{ event: 'device-removed', domain, device: String(data.device) }];
    default:
      return [];
  }
}

const agentEvent = (open: boolean, domain: EventDomain): DomainEvent => ({
  event: 'agent-lifecycle',
  domain,
  state: open
    ? VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED
    : VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_DISCONNECTED,
  reason: VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL,
});

const ioActions: Readonly<Record<string, number>> = {
  stop: VIR_DOMAIN_EVENT_IO_ERROR_PAUSE,
  report: VIR_DOMAIN_EVENT_IO_ERROR_REPORT,
};

function ioErrors(data: EventMessage['data'], domain: EventDomain): DomainEvent[] {
  const action = ioActions[String(data.action)] ?? VIR_DOMAIN_EVENT_IO_ERROR_NONE;
  const about = { domain, srcPath: '', device: String(data.device || data['node-name'] || ''), action };
  return [
    { event: 'io-error', ...about },
    { event: 'io-error-reason', ...about, reason: data.nospace ? 'enospc' : '' },
  ];
}

/** As libvirt does it: one event with the image's path, one with the target, or with what the user called the disk. */
function blockJob(
  data: EventMessage['data'],
  domain: EventDomain,
  status: number,
  jobNames: ReadonlyMap<string, BlockJobNames> | undefined,
): DomainEvent[] {
  const id = String(data.device);
  const names = jobNames?.get(id);
  const type = names?.type ?? jobTypes[String(data.type)] ?? 0;
  const target = targetInJobId(id) ?? id;
  const second = names && names.asked !== names.path ? names.asked : (names?.target ?? target);
  return [
    { event: 'block-job', domain, disk: names?.path ?? target, type, status },
    { event: 'block-job-2', domain, disk: second, type, status },
  ];
}

/** The end of the connection is the end of QEMU. */
export const stoppedEvent = (domain: EventDomain, crashed: boolean): DomainEvent => ({
  event: 'lifecycle',
  domain: { ...domain, id: -1 },
  type: VIR_DOMAIN_EVENT_STOPPED,
  detail: crashed ? VIR_DOMAIN_EVENT_STOPPED_CRASHED : VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN,
});

/** A monitor's event as it came. */
export function toMonitorEvent({ event, data, timestamp }: EventMessage, domain: EventDomain): MonitorEvent {
  const micros = timestamp ?? 0;
  return {
    event,
    domain,
    seconds: BigInt(Math.floor(micros / 1_000_000)),
    micros: micros % 1_000_000,
    details: Object.keys(data).length === 0 ? null : JSON.stringify(data),
  };
}

export const eventNames: ReadonlySet<DomainEventName> = new Set<DomainEventName>([
  'lifecycle',
  'reboot',
  'rtc-change',
  'watchdog',
  'io-error',
  'io-error-reason',
  'block-job',
  'block-job-2',
  'pm-suspend',
  'pm-wakeup',
  'balloon-change',
  'agent-lifecycle',
  'device-removed',
  'block-threshold',
]);
