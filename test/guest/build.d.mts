/** Where the guest is kept once it has been built. */
export declare function defaultCache(): string;
export declare function buildGuest(options?: {
  cache?: string;
  say?: (line: string) => void;
}): Promise<{ kernel: string; initrd: string; dataDisk: string }>;
