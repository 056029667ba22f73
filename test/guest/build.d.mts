export declare function buildGuest(options?: {
  cache?: string;
  say?: (line: string) => void;
}): Promise<{ kernel: string; initrd: string; dataDisk: string }>;
