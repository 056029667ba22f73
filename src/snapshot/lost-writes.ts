import type { Connection, Domain } from '../hypervisor/index.js';
import { type Guest, isAtLeast, type QemuVersion } from './guest.js';

/**
 * Why pre-copy is not for a guest, for the user; undefined if it is. QEMU before 9.0 (commit 03bfc2188f06) forgets, after each
 * look at which pages were changed, to have the processors that it emulates report their next writes to them: most
 * images then hold pages of different moments, a kernel's stack among them. KVM reports writes by itself, and a background
 * snapshot protects the pages themselves.
 */
export const lostByPreCopy = (version: QemuVersion, emulated: boolean): string | undefined =>
  emulated && !isAtLeast(version, 9, 0)
    ? `QEMU ${version.major}.${version.minor} loses writes of an emulated guest while it copies (mended in 9.0)`
    : undefined;

/** The same of a guest that is asked itself. */
export const lostWrites = async ({ qmp, version }: Guest): Promise<string | undefined> =>
  lostByPreCopy(version, !(await qmp.execute('query-kvm')).enabled);

/** The same of a domain of libvirt, which takes the memory of a running guest by pre-copy alone. */
export const lostByLibvirt = async (connection: Connection, domain: Domain): Promise<string | undefined> =>
  isEmulated(await domain.getXMLDesc())
    ? lostByPreCopy(versionOf(await connection.getVersion()), true)
    : undefined;

/** @param xml a domain's description */
export const isEmulated = (xml: string): boolean => /<domain\b[^>]*\btype=["']qemu["']/.test(xml);

/** @param number as libvirt counts: 1000000 * major + 1000 * minor + micro */
export const versionOf = (number: number): QemuVersion => ({
  major: Math.floor(number / 1_000_000),
  minor: Math.floor(number / 1000) % 1000,
  micro: number % 1000,
});
