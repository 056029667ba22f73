/** TCSANOW: at once, and what was typed ahead stays. */
const NOW = 0;
/** More than any C library's struct termios; only the C library looks into it. */
const MODES_BYTES = 256;

/**
 * Puts a terminal into raw mode, as cfmakeraw(3) has it: every byte goes through as it is, both ways. Node's own raw
 * mode is none: it goes on turning line feeds into two characters, which a full-screen program at the other end of a
 * serial line doesn't reckon with.
 * @param descriptor of the terminal; must stay open until its modes have been put back.
 * @returns what puts back the modes it had. It may be called again, and does nothing then.
 * @throws Error it is no terminal.
 */
export async function makeRaw(descriptor: number): Promise<() => void> {
  // Loaded only here: no command but those that attach a terminal needs it.
  const { default: koffi } = await import('koffi');
  const libc = koffi.load('libc.so.6');
  const tcgetattr = libc.func('int tcgetattr(int fd, void *modes)');
  const tcsetattr = libc.func('int tcsetattr(int fd, int actions, void *modes)');
  const cfmakeraw = libc.func('void cfmakeraw(void *modes)');
  const before = Buffer.alloc(MODES_BYTES);
  if (tcgetattr(descriptor, before) !== 0) throw new Error('cannot read the modes of the terminal');
  const raw = Buffer.from(before);
  cfmakeraw(raw);
  if (tcsetattr(descriptor, NOW, raw) !== 0) throw new Error('cannot set the modes of the terminal');
  let restored = false;
  return () => {
    if (restored) return;
    restored = true;
    // A terminal that is gone has no modes to put back.
    tcsetattr(descriptor, NOW, before);
  };
}
