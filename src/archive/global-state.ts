import { open } from 'node:fs/promises';

/** Devices come after memory, at the stream's end; this much of it is looked through. */
const TAIL = 64 * 1024 * 1024;
const SECTION_FULL = 0x04;
const SECTION_FOOTER = 0x7e;
const NAME = Buffer.concat([Buffer.from([11]), Buffer.from('globalstate')]);
/** What QEMU keeps room for (migration/global_state.c: uint8_t runstate[100]). */
const ROOM = 100;
/** Type and number of the section stand before its name; instance and version after it. */
const BEFORE = 5;
const AFTER = 8;

/**
 * Has a guest run when QEMU has loaded its memory from this file. QEMU stores in its stream what the guest did when the
 * stream was begun, and returns to that: a guest that was stopped for the sake of the stream stays stopped.
 * @returns false if the section was not found, or is not as it should be; the file is unchanged then.
 */
export async function markRunning(file: string): Promise<boolean> {
  const handle = await open(file, 'r+');
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - TAIL);
    const tail = Buffer.alloc(size - start);
    for (let at = 0; at < tail.length; ) {
      const { bytesRead } = await handle.read(tail, at, tail.length - at, start + at);
      if (bytesRead === 0) return false;
      at += bytesRead;
    }
    const at = findState(tail);
    if (at === undefined) return false;
    const state = Buffer.alloc(4 + ROOM);
    state.writeUInt32BE('running'.length + 1, 0);
    state.write('running', 4);
    await handle.write(state, 0, state.length, start + at);
    await handle.sync();
    return true;
  } finally {
    await handle.close();
  }
}

/** Where the state's length stands; the state follows. */
function findState(tail: Buffer): number | undefined {
  for (let name = tail.lastIndexOf(NAME); name >= BEFORE; name = tail.lastIndexOf(NAME, name - 1)) {
    const at = name + NAME.length + AFTER;
    const end = at + 4 + ROOM;
    if (end + 5 > tail.length || tail[name - BEFORE] !== SECTION_FULL) continue;
    const length = tail.readUInt32BE(at);
    const state = tail.subarray(at + 4, end);
    const whole = length >= 2 && length <= ROOM && state.indexOf(0) === length - 1;
    const section = tail.subarray(name - BEFORE + 1, name);
    if (whole && tail[end] === SECTION_FOOTER && tail.subarray(end + 1, end + 5).equals(section)) return at;
  }
  return undefined;
}
