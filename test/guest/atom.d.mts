/** See atom.mjs. */
export function withAtom(initrd: string): Promise<string>;
