/** The parts of the tiny guest that a bare QEMU is started with, in one module that has types. */
export { buildGuest as tinyGuest } from '../guest/build.mjs';
export { kernelArguments } from './domain-xml.mjs';
