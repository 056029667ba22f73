/** The driver-neutral model of a hypervisor: what commands are written against. */
export type * from './agent.js';
export type * from './connection.js';
export type * from './domain.js';
export type * from './domain-devices.js';
export type * from './domain-lifecycle.js';
export type * from './domain-memory-save.js';
export type * from './domain-resources.js';
export type * from './domains.js';
export * from './errors.js';
export type * from './events.js';
export type * from './host.js';
<<<<<<< HEAD
export * from './job-words.js';
=======
export type * from './host-objects.js';
>>>>>>> 2977ce4 (Add networks, pools, volumes, host interfaces and devices, secrets and filters)
export type * from './jobs.js';
export type * from './monitor.js';
export type * from './networks.js';
export * from './open.js';
export * from './run-state.js';
export type * from './snapshots.js';
export type * from './storage.js';
export type * from './stream.js';
export type * from './typed-parameter.js';
