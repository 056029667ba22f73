/** A client of QEMU's machine protocol (QMP) over unix sockets. */
export {
  type BlockJobStart,
  type CommitOptions,
  DomainBlockDevice,
  type MirrorOptions,
  type SnapshotOptions,
} from './block-device.js';
export { BlockGraph, type NodeUser, queryBlockGraph } from './block-graph.js';
export { DomainBlockJob } from './block-job.js';
export { type Call, type CallOptions, call, type Outcomes } from './call.js';
export { type ClientState, type ConnectOptions, QmpClient } from './client.js';
export { Domain, type RawCommand } from './domain.js';
export {
  BlockDeviceNotFound,
  CommandFailure,
  ConnectError,
  type ConnectFailure,
  DisconnectedError,
  JobFailure,
  ListenerOverflow,
  ProtocolError,
  QmpError,
  TimeoutError,
} from './errors.js';
export { EventListener, type ListenOptions, type QmpEvent } from './event-listener.js';
export { executeTextWithDescriptor, passDescriptor, passDescriptorSet } from './fd-passing.js';
export {
  dismissConcluded,
  findJob,
  followJob,
  type JobOptions,
  type JobOutcome,
  runJob,
  STREAM_DISMISSES_ITSELF,
} from './jobs.js';
export type { LineSocket } from './line-socket.js';
export type { EventMessage, Greeting } from './message.js';
export { freePort, type PciBusPlace, pciBuses } from './pci-places.js';
export type * from './schema/block.js';
export type * from './schema/commands.js';
export type * from './schema/events.js';
export type * from './schema/introspection.js';
export type * from './schema/jobs.js';
export type * from './schema/machine.js';
export type * from './schema/migration.js';
export { type ScreenDumpOptions, screenDump } from './screen-dump.js';
export { UNPLUG_MS, type Unplugged, unplug } from './unplug.js';
export type { WaitOptions } from './waiter.js';
