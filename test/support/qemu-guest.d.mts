/** See buildGuest of test/guest. */
export function tinyGuest(): Promise<{ kernel: string; initrd: string; dataDisk: string }>;
/** See kernelArguments of domain-xml.mjs. */
export function kernelArguments(options?: {
  dirty?: number | undefined;
  agent?: boolean;
  gap?: boolean;
  tick?: number | undefined;
}): string;
