import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from '../../snapshot/durable-file.js';
import type { Guest } from '../../snapshot/guest.js';

// QEMU tells nobody whether a cable is plugged in. What we did to it is written down; it holds for that QEMU process.

interface Record {
  /** Of QEMU's process. */
  readonly startTime: string;
  readonly down: readonly string[];
}

const pathOf = ({ folder }: Guest): string => join(folder, 'links');

/** The network cards whose cables we have pulled out. */
export async function pulledOut(guest: Guest): Promise<ReadonlySet<string>> {
  const text = await readFile(pathOf(guest), 'utf8').catch(() => '{}');
  const { startTime, down } = JSON.parse(text) as Partial<Record>;
  return new Set(startTime !== undefined && startTime === guest.process?.startTime ? down : []);
}

export async function noteLink(guest: Guest, name: string, up: boolean): Promise<void> {
  const down = new Set(await pulledOut(guest));
  if (up === !down.has(name)) return;
  if (up) down.delete(name);
  else down.add(name);
  const record = { startTime: guest.process?.startTime ?? '', down: [...down] };
  await mkdir(guest.folder, { recursive: true, mode: 0o700 });
  await writeDurably(pathOf(guest), JSON.stringify(record));
}
