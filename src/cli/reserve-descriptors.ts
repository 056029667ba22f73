/**
 * Starts the program anew, once, with the descriptors taken that libvirt's embedded QEMU driver trips over in
 * Node; everything else goes on as it is. Does nothing unless one of the texts names that driver.
 */
export async function reserveDescriptors(texts: readonly (string | undefined)[]): Promise<void> {
  if (!texts.some((text) => text?.startsWith('qemu:///embed'))) return;
  const { reexecWithReservedDescriptors } = await import('../libvirt/embed-cure.js');
  reexecWithReservedDescriptors();
}
