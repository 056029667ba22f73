export interface Qemu10 {
  /** Path of qemu-system-x86_64. */
  qemu: string;
  /** Path of qemu-img. */
  qemuImg: string;
  /** To be put first on QEMU's command line. */
  args: string[];
  /** To be added to the environment of both programs. */
  env: Record<string, string>;
  version: string;
}

export function defaultCache(): string;
export function prepareQemu10(options?: { cache?: string; say?: (line: string) => void }): Promise<Qemu10>;
