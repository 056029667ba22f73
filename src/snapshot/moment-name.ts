/**
 * What is wrong with the name of a snapshot or a checkpoint: libvirt keeps records in files of these names; ours could have
 * any, but are to be taken over by it.
 * @returns in libvirt's words; undefined if nothing is.
 */
export function whyNoMomentName(name: string): string | undefined {
  if (name.includes('/')) return "can't contain '/'";
  return name.startsWith('.') ? "can't start with '.'" : undefined;
}
