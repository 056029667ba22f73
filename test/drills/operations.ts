import { join } from 'node:path';

/** The ways to take a snapshot, as a user asks for them. */
export const operations = [
  'disks',
  'frozen disks',
  'internal disks',
  'internal',
  'stopped',
  'precopy',
  'background',
] as const;
export type Operation = (typeof operations)[number];

/** Those that have a process of their own which receives memory. */
export const streamed: readonly Operation[] = ['stopped', 'precopy', 'background'];

export const isInternal = (operation: Operation): boolean => operation.startsWith('internal');

/** The words of the command. @param folder where the memory image goes, where there is one. */
export function wordsFor(operation: Operation, name: string, folder: string): string[] {
  const words = ['snapshot-create-as', 'tiny', '--name', name];
  const memory = ['--memspec', memoryFile(name, folder)];
  switch (operation) {
    case 'disks':
      return [...words, '--disk-only'];
    case 'frozen disks':
      return [...words, '--disk-only', '--quiesce'];
    case 'internal disks':
      return [
        ...words,
        '--disk-only',
        ...['vda', 'vdb'].flatMap((disk) => ['--diskspec', `${disk},snapshot=internal`]),
      ];
    case 'internal':
      return words;
    case 'stopped':
      return [...words, ...memory];
    default:
      return [...words, ...memory, '--live', '--method', operation];
  }
}

export const memoryFile = (name: string, folder: string): string => join(folder, `${name}.mem`);
