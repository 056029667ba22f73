/** Commands of virsh 9.0 that are not here, and why, or what there is instead. */
export const missing: ReadonlyMap<string, string> = new Map([
  ['lxc-enter-namespace', 'snapctl does not link libvirt-lxc'],
]);
