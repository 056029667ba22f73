import type { BareGuest } from '../support/qemu.js';

/** What the guest's kernel says when it has crashed or hangs, from its first such line on; undefined if all is well. */
export function kernelTrouble(guest: BareGuest): string | undefined {
  const text = guest.serial.text();
  const at = text.search(/^.*(?:BUG:|Oops|Kernel panic|general protection|soft lockup|rcu: INFO|hung task)/m);
  return at < 0 ? undefined : text.slice(at, at + 3000);
}

/** Adds to an error what the guest's kernel has to say about it, and which guest it is. */
export async function explained<T>(guest: BareGuest, which: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const trouble = kernelTrouble(guest);
    throw new Error(
      `${which}: ${(error as Error).message}${trouble ? `\nits kernel says:\n${trouble}` : ''}`,
      {
        cause: error,
      },
    );
  }
}
