import type { Job, JobStatus } from './jobs.js';
import type { MigrationStatus } from './migration.js';

interface BlockJobEvent {
  type: string;
  device: string;
  len: number;
  offset: number;
  speed: number;
}

/** The data of the events that we have a use for; any other can be listened to by name. */
export interface EventData {
  STOP: Record<string, never>;
  RESUME: Record<string, never>;
  SHUTDOWN: { guest: boolean; reason: string };
  POWERDOWN: Record<string, never>;
  RESET: { guest: boolean; reason: string };
  SUSPEND: Record<string, never>;
  WAKEUP: Record<string, never>;
  WATCHDOG: { action: string };
  GUEST_PANICKED: { action: string };
  MIGRATION: { status: MigrationStatus };
  MIGRATION_PASS: { pass: number };
  JOB_STATUS_CHANGE: { id: string; status: JobStatus };
  BLOCK_JOB_COMPLETED: BlockJobEvent & { error?: string };
  BLOCK_JOB_CANCELLED: BlockJobEvent;
  BLOCK_JOB_READY: BlockJobEvent;
  BLOCK_JOB_ERROR: { device: string; operation: 'read' | 'write'; action: string };
  BLOCK_JOB_PENDING: { type: Job['type']; id: string };
  BLOCK_IO_ERROR: {
    device: string;
    'node-name'?: string;
    operation: 'read' | 'write';
    action: 'ignore' | 'report' | 'stop';
    nospace?: boolean;
    reason: string;
  };
  BLOCK_WRITE_THRESHOLD: { 'node-name': string; 'amount-exceeded': number; 'write-threshold': number };
  DUMP_COMPLETED: {
    result: { status: 'none' | 'active' | 'completed' | 'failed'; completed: number; total: number };
    error?: string;
  };
  VSERPORT_CHANGE: { id: string; open: boolean };
  DEVICE_TRAY_MOVED: { device: string; id: string; 'tray-open': boolean };
  DEVICE_DELETED: { device?: string; path: string };
  DEVICE_UNPLUG_GUEST_ERROR: { device?: string; path: string };
  BALLOON_CHANGE: { actual: number };
  RTC_CHANGE: { offset: number };
}

export type KnownEvent = keyof EventData;
