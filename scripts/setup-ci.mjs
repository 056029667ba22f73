#!/usr/bin/env node
// What a clean checkout needs before it can be built and linted: the system's packages and npm's.
import { installNodeModules } from './setup-node-modules.mjs';
import { addQemuAccount, installPackages, SetupError } from './setup-system.mjs';

try {
  installPackages(['qemu', 'libvirt', 'guest', 'test']);
  addQemuAccount();
  installNodeModules();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
