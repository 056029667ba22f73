import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { realFile } from '../snapshot/real-file.js';

/** What a file looks like by its first bytes; a guest's raw disk may look like anything. */
export interface ImageHeader {
  readonly kind: 'qcow2' | 'memory' | 'other';
  /** Real path of the image that a qcow2 image lies on, as its header has it. */
  readonly backing: string | undefined;
}

/** docs/interop/qcow2.txt of QEMU: magic, version, offset and length of the backing file's name, all big-endian. */
const QCOW2 = 0x514649fb;
/** A migration stream (QEMU_VM_FILE_MAGIC), and what libvirt writes before one in a saved guest's file. */
const STREAM = 'QEVM';
const SAVED = /^LibvirtQemud(Save|Part)/;
/** QEMU's own limit for the name of a backing file. */
const MAX_NAME = 1023;

/** Reads a file's first bytes. @throws SystemError */
export async function readImageHeader(file: string): Promise<ImageHeader> {
  const handle = await open(file, 'r');
  try {
    const start = Buffer.alloc(24);
    const { bytesRead } = await handle.read(start, 0, start.length, 0);
    const text = start.toString('latin1', 0, 16);
    if (text.startsWith(STREAM) || SAVED.test(text)) return { kind: 'memory', backing: undefined };
    if (bytesRead < start.length || start.readUInt32BE(0) !== QCOW2)
      return { kind: 'other', backing: undefined };
    const length = start.readUInt32BE(16);
    if (length === 0 || length > MAX_NAME) return { kind: 'qcow2', backing: undefined };
    const name = Buffer.alloc(length);
    await handle.read(name, 0, length, Number(start.readBigUInt64BE(8)));
    return { kind: 'qcow2', backing: await backingPath(file, name.toString()) };
  } finally {
    await handle.close();
  }
}

/** The file that the name of a backing image means. */
async function backingPath(file: string, name: string): Promise<string> {
  const plain = name.startsWith('json:') ? (/"filename": *"([^"]+)"/.exec(name)?.[1] ?? name) : name;
  const path = plain.replace(/^file:/, '');
  return /^[^/]*:/.test(path) ? path : realFile(resolve(dirname(file), path));
}
