import type { ChildProcess } from 'node:child_process';
import type { SerialLog } from './serial-log.mjs';

export interface RunOptions {
  tool?: 'snapctl' | 'virsh';
  input?: string;
  env?: NodeJS.ProcessEnv;
  timeout?: number;
  signal?: AbortSignal;
  detached?: boolean;
  started?: (child: ChildProcess) => void;
}

export interface RunResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface GuestOptions {
  name?: string;
  disks?: number;
  memory?: number;
  vcpus?: number;
  dirty?: number;
  fill?: number | string;
  initrd?: string;
  gap?: boolean;
  tick?: number;
  agent?: boolean;
  shells?: readonly string[];
  terminals?: boolean;
  channel?: boolean;
  devices?: string;
  arguments?: string[];
}

export declare const snapctl: string;
export declare const isBuilt: () => boolean;

export declare class Embed {
  readonly folder: string;
  readonly guestFiles: { kernel: string; initrd: string; dataDisk: string };
  readonly uri: string;
  readonly env: Record<string, string>;
  static create(options?: { say?: (line: string) => void }): Promise<Embed>;
  run(words: string[], options?: RunOptions): Promise<RunResult>;
  must(...words: string[]): Promise<string>;
  prepare(options?: GuestOptions): TinyGuest;
  start(options?: GuestOptions): Promise<TinyGuest>;
  dispose(): Promise<void>;
}

export declare class TinyGuest {
  readonly embed: Embed;
  readonly name: string;
  readonly folder: string;
  readonly disks: { target: string; path: string }[];
  readonly xml: string;
  readonly serial: SerialLog;
  ready(options?: { from?: number; timeout?: number }): Promise<void>;
  nextCounter(options?: { timeout?: number }): Promise<number>;
  runAttached(words: string[], options?: RunOptions): Promise<RunResult>;
  agent(execute: string, args?: Record<string, unknown>): Promise<unknown>;
  off(options?: { timeout?: number }): Promise<void>;
  checkDisk(path: string): Promise<string>;
}
