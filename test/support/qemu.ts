import { installedQemu, type QemuProgram } from './bare-guest.mjs';
import { prepareQemu10 } from './qemu10.mjs';

export { BareGuest, type BareGuestOptions, installedQemu, type QemuProgram } from './bare-guest.mjs';

type NamedProgram = readonly [name: string, find: () => Promise<QemuProgram>];

const installed: NamedProgram = ['the installed QEMU', async () => installedQemu()];
const qemu10: NamedProgram = ['QEMU 10', () => prepareQemu10()];

/** By a short name, so that a test runs once for each: the installed one (7.2 on Debian 12), and QEMU 10. */
export const bothQemuPrograms: readonly NamedProgram[] = [installed, qemu10];

/**
 * What the longer suites run on: the installed QEMU, and QEMU 10 too if SNAPCTL_TEST_QEMU is `both` (or only that one if
 * it is `10`). All of them on both take more time than a run of everything should.
 */
export const qemuPrograms: readonly NamedProgram[] =
  process.env.SNAPCTL_TEST_QEMU === 'both'
    ? bothQemuPrograms
    : process.env.SNAPCTL_TEST_QEMU === '10'
      ? [qemu10]
      : [installed];
