/**
 * Checkpoint archives: memory, disks and documents of a guest at one instant in one file, in LZ4 blocks that can be
 * read at random. The format is in docs/archive-format.md.
 *
 * ```js
 * const writer = await createArchive('web.snap', { comment: 'before the upgrade' });
 * const memory = writer.memory();
 * for await (const chunk of socket) await memory.append(chunk);
 * await memory.end();
 * await writer.finish();
 *
 * const archive = await openArchive('web.snap');
 * archive.readable('memory').pipe(qemu);
 * await archive.read('disk/vda', 0, 512);
 * await archive.close();
 * ```
 */
export { ArchiveError } from './archive-error.js';
export type * from './contract.js';
export { diffArchives } from './diff.js';
export { extractStream } from './extract.js';
export { openArchive } from './reader.js';
export { type DamagedArchive, openDamagedArchive } from './salvage.js';
export { verifyArchive } from './verify.js';
export { createArchive } from './writer.js';
