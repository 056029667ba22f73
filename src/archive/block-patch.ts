import { bitmapBytes, PATCH_PAGE } from './format/patch.js';

/**
 * Compares a block with one of the base. A guest that idles changes a few pages in many blocks; a patch is worth it if
 * that is at most half of them.
 * @returns a bitmap of pages that differ, or undefined.
 */
export function changedPages(before: Buffer, after: Buffer): Buffer | undefined {
  if (before.length !== after.length) return undefined;
  const pages = Math.ceil(after.length / PATCH_PAGE);
  const bitmap = Buffer.alloc(bitmapBytes(after.length));
  let changed = 0;
  for (let page = 0; page < pages; page++) {
    const start = page * PATCH_PAGE;
    const end = Math.min(start + PATCH_PAGE, after.length);
    if (after.compare(before, start, end, start, end) === 0) continue;
    changed++;
    bitmap[page >> 3] = (bitmap[page >> 3] as number) | (1 << (page & 7));
  }
  return changed * 2 <= pages ? bitmap : undefined;
}

/** The pages of a bitmap, one after the other. */
export function pickPages(block: Buffer, bitmap: Buffer): Buffer {
  const parts: Buffer[] = [];
  forEachPage(block.length, bitmap, (start, end) => parts.push(block.subarray(start, end)));
  return Buffer.concat(parts);
}

/** @returns the base's block with the pages put in. */
export function putPages(before: Buffer, bitmap: Buffer, pages: Buffer): Buffer {
  const block = Buffer.from(before);
  let at = 0;
  forEachPage(block.length, bitmap, (start, end) => {
    pages.copy(block, start, at, at + end - start);
    at += end - start;
  });
  return block;
}

/** How many bytes the pages of a bitmap have. */
export function pagesLength(blockLength: number, bitmap: Buffer): number {
  let length = 0;
  forEachPage(blockLength, bitmap, (start, end) => {
    length += end - start;
  });
  return length;
}

function forEachPage(blockLength: number, bitmap: Buffer, visit: (start: number, end: number) => void): void {
  for (let page = 0; page * PATCH_PAGE < blockLength; page++) {
    if (((bitmap[page >> 3] as number) & (1 << (page & 7))) === 0) continue;
    visit(page * PATCH_PAGE, Math.min((page + 1) * PATCH_PAGE, blockLength));
  }
}
