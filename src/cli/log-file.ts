import { appendFileSync } from 'node:fs';
import { UsageError } from './globals.js';

const LEVELS = ['DEBUG', 'INFO', 'NOTICE', 'WARNING', 'ERROR'] as const;
export type LogLevel = (typeof LEVELS)[number];

const two = (number: number): string => String(number).padStart(2, '0');

/** The file of `-l`: one line a message, in virsh's form. Opened at once, so that a bad path is told at once. */
export class LogFile {
  readonly #path: string;

  /** @throws UsageError the file can't be written. */
  constructor(path: string) {
    this.#path = path;
    try {
      appendFileSync(path, '', { mode: 0o600 });
    } catch {
      throw new UsageError('failed to open the log file. check the log file path');
    }
  }

  write(level: LogLevel, message: string): void {
    const now = new Date();
    const date = `${now.getFullYear()}.${two(now.getMonth() + 1)}.${two(now.getDate())}`;
    const time = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
    appendFileSync(this.#path, `[${date} ${time} snapctl ${process.pid}] ${level} ${message}\n`);
  }
}

export const levelNumber = (level: LogLevel): number => LEVELS.indexOf(level);
