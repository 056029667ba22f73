import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import {
  VIR_ERR_OPERATION_FAILED,
  VIR_ERR_OPERATION_INVALID,
  VIR_FROM_QEMU,
} from '../hypervisor/constants.js';
import { HypervisorError } from '../hypervisor/index.js';
import { type DumpFormat, passDescriptor } from '../qmp/index.js';
import { errnoWords } from './errno-words.js';
import { Guardian } from './guardian.js';
import type { Guest } from './guest.js';
import { guestSize } from './guest-size.js';
import { Journal, type JournalMemory } from './journal.js';
import { beginRecord } from './journal-beginning.js';
import { mendDump, mendDumpWithoutQemu, nameDump } from './mend-dump.js';
import { partialName } from './partial-name.js';
import { settleCutOff } from './settle.js';

/** A dump stops the guest and takes as long as its memory takes to write. */
const TIMEOUT_MS = 6 * 60 * 60_000;

const failed = (text: string): HypervisorError =>
  new HypervisorError(text, { code: VIR_ERR_OPERATION_FAILED, domain: VIR_FROM_QEMU });

/**
 * Writes a guest's memory to a file that must not exist, for a debugger; QEMU stops the guest meanwhile. The file is
 * ours, whoever QEMU runs as: it is given the descriptor. It has its name only once it is whole.
 * @throws HypervisorError in libvirt's words.
 */
export async function dumpMemory(guest: Guest, file: string, format: DumpFormat): Promise<void> {
  const { qmp } = guest;
  if (await lstat(file).catch(() => undefined)) throw failed(`Failed to create file '${file}': File exists`);
  const { formats } = await qmp.execute('query-dump-guest-memory-capability');
  if (!formats.includes(format)) {
    throw new HypervisorError(
      `Requested operation is not valid: unsupported dumpformat '${format}' for this QEMU binary`,
      { code: VIR_ERR_OPERATION_INVALID, domain: VIR_FROM_QEMU },
    );
  }
  const suffix = randomBytes(6).toString('hex');
  const memory: JournalMemory = {
    partial: partialName(file),
    final: file,
    sink: null,
    report: '',
  };
  const guardian = await Guardian.start(guest.folder, new AbortController().signal);
  let journal: Journal | undefined;
  try {
    journal = await Journal.begin(guest.folder, await firstRecord(guest, guardian, memory));
    const handle = await create(memory);
    try {
      await run(guest, handle, format, `snapctl-dump-${suffix}`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await nameDump(memory);
    await journal.end();
    guardian.dismiss();
  } catch (error) {
    if (!journal) guardian.dismiss();
    else await settleCutOff(guest, journal, guardian, mendDump, mendDumpWithoutQemu);
    throw error;
  }
}

async function create({ partial, final }: JournalMemory): Promise<FileHandle> {
  try {
    return await open(
      partial,
      constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_NOFOLLOW,
      0o600,
    );
  } catch (error) {
    const reason = errnoWords((error as NodeJS.ErrnoException).code);
    throw failed(`Failed to create file '${final}': ${reason}`);
  }
}

async function run({ qmp }: Guest, handle: FileHandle, format: DumpFormat, name: string): Promise<void> {
  await passDescriptor(qmp, name, handle.fd);
  const completed = qmp.once('DUMP_COMPLETED', { timeout: TIMEOUT_MS });
  // Told below, unless the command itself fails.
  completed.catch(() => undefined);
  await qmp.execute('dump-guest-memory', {
    paging: false,
    protocol: `fd:${name}`,
    detach: true,
    ...(format === 'elf' ? {} : { format }),
  });
  const { data } = await completed;
  if (data.result.status !== 'completed') {
    throw failed(`operation failed: memory-only dump failed: ${data.error ?? data.result.status}`);
  }
}

async function firstRecord(guest: Guest, guardian: Guardian, memory: JournalMemory) {
  const { running } = await guest.qmp.execute('query-status');
  return {
    ...(await beginRecord(guest, guardian, 'dump')),
    snapshot: memory.final,
    step: 'switching',
    wasRunning: running,
    memory,
    size: await guestSize(guest.qmp),
  } as const;
}
