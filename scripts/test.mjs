#!/usr/bin/env node
// Runs everything: test.mjs [jest's own arguments, such as a PATTERN]. Sets the machine up first, builds, and prints
// "N passed, N failed" as the last line.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sweepAbandonedRoots } from '../test/support/embed-root.mjs';
import { root, SetupError, setUp } from './setup.mjs';

/** Tests that run guests or compare with virsh: they take minutes, so two of them run beside each other. */
const slow = '/test/(live|golden|contract|pty)/';

/** The longest of them, which runs no guest. */
const golden = '/test/golden/golden\\.test';

/** The longest that all tests may take, and that jest may live on after its last test, in milliseconds. */
const limit = 40 * 60_000;
const grace = 20_000;

const words = process.argv.slice(2);
const work = mkdtempSync(join(tmpdir(), 'snapctl-test-'));
const deadline = Date.now() + limit;
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupted.abort());
// See test/support/warm-guest.mjs.
process.env.SNAPCTL_TEST_WARM = join(work, 'warm');
const count = { passed: 0, failed: 0, skipped: 0 };

try {
  await setUp({ purposes: ['qemu', 'libvirt', 'guest', 'test'], rebuild: process.env.SNAPCTL_BUILT !== '1' });
  await jest('quick', [
    '--testPathIgnorePatterns=/node_modules/',
    `--testPathIgnorePatterns=${slow}`,
    '--maxWorkers=100%',
  ]);
  const retries = `--setupFilesAfterEnv=${join(root, 'test/support/retries.ts')}`;
  await Promise.all([
    // It waits for virsh as much as it works.
    jest('golden', [`--testPathIgnorePatterns=^(?!.*${golden})`, '--runInBand', retries]),
    jest('live', [
      `--testPathIgnorePatterns=^(?!.*${slow})`,
      `--testPathIgnorePatterns=${golden}`,
      '--maxWorkers=2',
      `--testSequencer=${join(root, 'test/support/longest-first.mjs')}`,
      retries,
    ]),
  ]);
  if (count.passed + count.failed === 0) fail('No test was run.');
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  fail(error.message);
} finally {
  rmSync(work, { recursive: true, force: true });
  // A test that was killed could not clean up.
  sweepAbandonedRoots();
}
if (count.skipped > 0) console.log(`${count.skipped} skipped`);
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed === 0 ? 0 : 1;

/** Runs jest over a part of the tests and adds its results up. */
async function jest(name, selection) {
  if (interrupted.signal.aborted) return;
  const report = join(work, `${name}.json`);
  const program = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  // --json comes last because jest's lists would take the words that follow them.
  const options = [...selection, '--passWithNoTests', `--outputFile=${report}`, '--json', ...words];
  const child = spawn(process.execPath, ['--experimental-vm-modules', '--no-warnings', program, ...options], {
    cwd: root,
    // Standard output would be the report once more; what is for people goes to standard error.
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const stop = () => child.kill('SIGKILL');
  interrupted.signal.addEventListener('abort', stop);
  let doneAt;
  const watch = setInterval(() => {
    if (doneAt === undefined && existsSync(report)) doneAt = Date.now();
    if (Date.now() > deadline || Date.now() > (doneAt ?? Number.POSITIVE_INFINITY) + grace) stop();
  }, 500);
  const status = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  clearInterval(watch);
  interrupted.signal.removeEventListener('abort', stop);

  if (existsSync(report)) {
    const result = JSON.parse(readFileSync(report, 'utf8'));
    count.passed += result.numPassedTests;
    // A file that could not be run has no tests in it, and is a failure all the same.
    count.failed += result.numFailedTests + result.numRuntimeErrorTestSuites;
    count.skipped += result.numPendingTests + result.numTodoTests;
    if (status === null)
      fail('jest did not end by itself after the last test: something is left running or open.');
    else if (status !== 0 && result.success) fail(`jest ended with status ${status}.`);
  } else if (interrupted.signal.aborted) {
    fail('Interrupted.');
  } else {
    fail(
      status === null
        ? `The tests took more than ${limit / 60_000} minutes.`
        : `jest ended with status ${status}.`,
    );
  }
}

function fail(message) {
  console.error(message);
  count.failed++;
}
