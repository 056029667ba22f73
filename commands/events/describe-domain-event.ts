import {
  VIR_DOMAIN_MEMORY_FAILURE_ACTION_REQUIRED,
  VIR_DOMAIN_MEMORY_FAILURE_RECURSIVE,
} from '../../src/hypervisor/constants.js';
import type { DomainEvent, DomainEventDetails, DomainEventName } from '../../src/hypervisor/index.js';
import { blockJobName } from '../domain/block-job-names.js';
import { parameterLines } from './parameter-lines.js';

/** Words for the numbers of an enum, in its order. */
const words =
  (names: readonly string[], unknown = 'unknown') =>
  (value: number): string =>
    names[value] ?? unknown;

const lifecycleType = words([
  'Defined',
  'Undefined',
  'Started',
  'Suspended',
  'Resumed',
  'Stopped',
  'Shutdown',
  'PMSuspended',
  'Crashed',
]);

/** What happened in particular, by the type of the event. */
const lifecycleDetails = [
  words(['Added', 'Updated', 'Renamed', 'Snapshot']),
  words(['Removed', 'Renamed']),
  words(['Booted', 'Migrated', 'Restored', 'Snapshot', 'Event wakeup']),
  words([
    'Paused',
    'Migrated',
    'I/O Error',
    'Watchdog',
    'Restored',
    'Snapshot',
    'API error',
    'Post-copy',
    'Post-copy Error',
  ]),
  words(['Unpaused', 'Migrated', 'Snapshot', 'Post-copy', 'Post-copy Error']),
  words(['Shutdown', 'Destroyed', 'Crashed', 'Migrated', 'Saved', 'Failed', 'Snapshot']),
  words(['Finished', 'Finished after guest request', 'Finished after host request']),
  words(['Memory', 'Disk']),
  words(['Panicked', 'Crashloaded']),
];

const watchdogAction = words(['none', 'pause', 'reset', 'poweroff', 'shutdown', 'debug', 'inject-nmi']);
const ioErrorAction = words(['none', 'pause', 'report']);
const graphicsPhase = words(['connect', 'initialize', 'disconnect']);
const addressFamily = words(['IPv4', 'IPv6', 'unix']);
const blockJobStatus = words(['completed', 'failed', 'canceled', 'ready']);
const diskChangeReason = words(['changed', 'dropped']);
const trayChangeReason = words(['opened', 'closed']);
const agentState = words(['unknown', 'connected', 'disconnected'], 'unsupported value');
const agentReason = words(['unknown', 'domain started', 'channel event'], 'unsupported value');
const metadataType = words(['description', 'title', 'element'], 'unsupported value');
const failureRecipient = words(['hypervisor', 'guest'], 'unsupported value');
const failureAction = words(['ignore', 'inject', 'fatal', 'reset'], 'unsupported value');

/** As glib's printf shows a NULL that virsh hands it, and as virsh shows one that it expects. */
const orNull = (text: string | null): string => text ?? '<null>';

const address = (from: DomainEventDetails['graphics']['local']): string =>
  from ? `${addressFamily(from.family)} ${from.node} ${from.service ?? '(null)'}` : '';

const device = ({ device: alias }: { device: string }): string => `: ${alias}\n`;
const blockJob = ({ disk, type, status }: DomainEventDetails['block-job']): string =>
  `: ${blockJobName(type)} for ${disk} ${blockJobStatus(status)}\n`;
const nothing = (): string => '\n';

/** What virsh prints of each kind of event after `event 'KIND' for domain 'NAME'`; the order is virsh's. */
const endings: { readonly [Name in DomainEventName]: (details: DomainEventDetails[Name]) => string } = {
  lifecycle: ({ type, detail }) =>
    `: ${lifecycleType(type)} ${lifecycleDetails[type]?.(detail) ?? 'unknown'}\n`,
  reboot: nothing,
  'rtc-change': ({ utcOffset }) => `: ${utcOffset}\n`,
  watchdog: ({ action }) => `: ${watchdogAction(action)}\n`,
  'io-error': ({ srcPath, device: alias, action }) => `: ${srcPath} (${alias}) ${ioErrorAction(action)}\n`,
  graphics: ({ phase, local, remote, authScheme, subject }) =>
    `: ${graphicsPhase(phase)} local[${address(local)}] remote[${address(remote)}] ${authScheme}\n` +
    subject.map(({ type, name }) => `\t${type}=${name}\n`).join(''),
  'io-error-reason': ({ srcPath, device: alias, action, reason }) =>
    `: ${srcPath} (${alias}) ${ioErrorAction(action)} due to ${reason}\n`,
  'control-error': nothing,
  'block-job': blockJob,
  'disk-change': ({ device: alias, oldSrcPath, newSrcPath, reason }) =>
    ` disk ${alias}: ${orNull(oldSrcPath)} -> ${orNull(newSrcPath)}: ${diskChangeReason(reason)}\n`,
  'tray-change': ({ device: alias, reason }) => ` disk ${alias}: ${trayChangeReason(reason)}\n`,
  'pm-wakeup': nothing,
  'pm-suspend': nothing,
  'balloon-change': ({ actual }) => `: ${actual}KiB\n`,
  'pm-suspend-disk': nothing,
  'device-removed': device,
  'block-job-2': blockJob,
  tunable: ({ params }) => `:\n${parameterLines(params)}`,
  'agent-lifecycle': ({ state, reason }) =>
    `: state: '${agentState(state)}' reason: '${agentReason(reason)}'\n`,
  'device-added': device,
  'migration-iteration': ({ iteration }) => `: iteration: '${iteration}'\n`,
  'job-completed': ({ params }) => `:\n${parameterLines(params)}`,
  'device-removal-failed': device,
  'metadata-change': ({ type, uri }) => `: type ${metadataType(type)}, uri ${orNull(uri)}\n`,
  'block-threshold': ({ device: alias, path, threshold, excess }) =>
    `: dev: ${alias}(${orNull(path)}) ${threshold} ${excess}\n`,
  'memory-failure': ({ recipient, action, flags }) =>
    `:\nrecipient: ${failureRecipient(recipient)}\naction: ${failureAction(action)}\nflags:\n` +
    `\taction required: ${bit(flags, VIR_DOMAIN_MEMORY_FAILURE_ACTION_REQUIRED)}\n` +
    `\trecursive: ${bit(flags, VIR_DOMAIN_MEMORY_FAILURE_RECURSIVE)}\n`,
  'memory-device-size-change': ({ alias, size }) => `:\nalias: ${alias}\nsize: ${size}\n`,
};

const bit = (flags: number, mask: number): number => ((flags & mask) === 0 ? 0 : 1);

/** All kinds of events, in virsh's order. */
export const domainEventNames = Object.keys(endings) as readonly DomainEventName[];

/** virsh's text about an event. */
export function describeDomainEvent(event: DomainEvent): string {
  const ending = endings[event.event] as (details: DomainEvent) => string;
  return `event '${event.event}' for domain '${event.domain.name}'${ending(event)}`;
}
