/** Every number and name of libvirt's public API, under libvirt's own names: what commands import. */
export * from '../libvirt/constants.js';
