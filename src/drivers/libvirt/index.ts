/** The driver for every URI libvirt knows. */
export { open } from './open.js';
