import { LibraryMissingError, native } from './library.js';

/** Version of the installed client library as `9.0.0`, or null where there is none. */
export function installedVersion(): string | null {
  const version = [0];
  try {
    if (native.virGetVersion(version, null, null) < 0) return null;
  } catch (error) {
    if (error instanceof LibraryMissingError) return null;
    throw error;
  }
  const number = Number(version[0]);
  return `${Math.floor(number / 1_000_000)}.${Math.floor(number / 1000) % 1000}.${number % 1000}`;
}
