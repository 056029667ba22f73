import { expect } from '@jest/globals';
import type { ConsoleSession } from './console-session.js';
import { LoudGuest } from './loud-guest.js';

/** For a guest that boots, and for a test of one. */
export const BOOT = 60_000;
/** For a guest that is up; a test ends later than its waits. */
const ANSWER = 15_000;
export const LEAVE = '\x1d';
/** The shell of the tiny guest. */
export const PROMPT = '/ # ';
export const connected = (name: string): string =>
  `Connected to domain '${name}'\r\nEscape character is ^] (Ctrl + ])\r\n`;

/** Waits for the guest's shell, at a new prompt: a session that came late has not seen the first. */
export async function prompt(session: ConsoleSession, patience = ANSWER): Promise<void> {
  await session.shows('Ctrl + ])\r\n', ANSWER);
  // The guest's terminal keeps it, should the shell not be there yet.
  session.type('echo $((1000 * 1000))\r');
  await session.shows(`\r\n1000000\r\n${PROMPT}`, patience);
}

/** What is typed before the kernel has its serial line is lost. */
export async function bootsOn(session: ConsoleSession): Promise<void> {
  await session.shows(PROMPT, BOOT);
  session.type(LEAVE);
  await endsWith(session, 0);
}

/** Has the guest wait for a key: before the program has the guest's terminal, a key would be the shell's. */
export async function sleeps(session: ConsoleSession): Promise<void> {
  session.type("sh -c 'echo $((2 * 3)) go; exec sleep 1000'\r");
  await session.shows('\r\n6 go\r\n', ANSWER);
}

/** Ends with the terminal as it was found. */
export async function endsWith(session: ConsoleSession, status: number): Promise<string> {
  const end = await session.ended();
  expect({ status: end.status, modes: end.after }).toEqual({ status, modes: end.before });
  return end.text;
}

/** Has the loud guest print 5 MB and compares every byte. */
export async function hearsAll(session: ConsoleSession): Promise<void> {
  const portions = Math.ceil((5 * 1024 * 1024) / LoudGuest.portion);
  const first = '00000000\n';
  await session.shows('Ctrl + ])\r\n', BOOT);
  session.type('.');
  await session.shows(first, BOOT);
  for (let asked = 1; asked <= portions; asked += 1) {
    if (asked > 1) session.type('.');
    await session.gives(asked * LoudGuest.portion - first.length);
  }
  const text = session.unseen;
  expect(text.length + first.length).toBe(portions * LoudGuest.portion);
  // Not by toBe, which would take minutes to tell the difference of such texts.
  expect(first + text === LoudGuest.text(portions)).toBe(true);
}
