export declare function kernelArguments(options?: {
  dirty?: number;
  fill?: number | string;
  agent?: boolean;
  gap?: boolean;
  tick?: number;
  shells?: readonly string[];
}): string;
export declare function domainXml(options: {
  name: string;
  guest: { kernel: string; initrd: string };
  serial: string;
  disks: { target: string; path: string; format?: string }[];
  memory?: number;
  vcpus?: number;
  dirty?: number;
  fill?: number | string;
  gap?: boolean;
  tick?: number;
  agent?: boolean;
  shells?: readonly string[];
  terminals?: boolean;
  channel?: boolean;
  devices?: string;
  arguments?: string[];
}): string;
