/** Commands of virsh 9.0 that are not here, and why, or what there is instead. */
export const missing: ReadonlyMap<string, string> = new Map([
  ['console', 'no library serves a console; ttyconsole tells the terminal of one'],
  ['lxc-enter-namespace', 'snapctl does not link libvirt-lxc'],
]);
