import type { JobInfo } from '../hypervisor/index.js';
import { prettyCapacity } from '../shell/index.js';

const BAR_WIDTH = 20;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar, filled from 0 to 1. */
export function bar(part: number, width = BAR_WIDTH): string {
  const eighths = Math.round(Math.max(0, Math.min(1, part)) * width * 8);
  const text = '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
  return text.padEnd(width, '░').slice(0, width);
}

/** Bytes in few digits: `102 MiB`, `3.4 GiB`. */
export function shortBytes(bytes: bigint): string {
  const { value, unit } = prettyCapacity(bytes);
  const number = Number(value);
  return `${number < 10 && unit !== 'B' ? number.toFixed(1) : Math.round(number)} ${unit}`;
}

/** Seconds as people read them: `8 s`, `2:05`. */
export function shortTime(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/**
 * One line about a job: bar, share, bytes, rate and time left, as far as the hypervisor tells, and as there is
 * room for.
 */
export function jobText(job: JobInfo, columns: number): string {
  const seconds = Number(job.timeElapsed) / 1000;
  const facts: string[] = [];
  if (job.dataTotal > 0n) {
    const part = 1 - Number(job.dataRemaining) / Number(job.dataTotal);
    const percent = job.dataRemaining === 0n ? 100 : Math.min(99, Math.floor(part * 100));
    facts.push(`${bar(part)} ${String(percent).padStart(3)}%`);
    facts.push(`${shortBytes(job.dataTotal - job.dataRemaining)} of ${shortBytes(job.dataTotal)}`);
    const rate = seconds > 0 ? Number(job.dataProcessed) / seconds : 0;
    if (rate > 0) {
      facts.push(`${shortBytes(BigInt(Math.round(rate)))}/s`);
      if (job.dataRemaining > 0n) facts.push(`${shortTime(Number(job.dataRemaining) / rate)} left`);
    }
  } else {
    facts.push(`working for ${shortTime(seconds)}`);
  }
  let text = '';
  for (const fact of facts) {
    const longer = text === '' ? fact : `${text}  ${fact}`;
    if (longer.length > columns) break;
    text = longer;
  }
  return text;
}
