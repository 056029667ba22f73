export declare function kernelArguments(options?: {
  dirty?: number;
  agent?: boolean;
  gap?: boolean;
  tick?: number;
}): string;
export declare function domainXml(options: {
  name: string;
  guest: { kernel: string; initrd: string };
  serial: string;
  disks: { target: string; path: string; format?: string }[];
  memory?: number;
  vcpus?: number;
  dirty?: number;
  gap?: boolean;
  tick?: number;
  agent?: boolean;
  channel?: boolean;
  devices?: string;
}): string;
