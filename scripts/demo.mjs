#!/usr/bin/env node
// Shows the main job on a real guest: npm run demo. Sets the machine up, boots the tiny guest under libvirt's embedded
// driver in a private folder, takes, inspects, reverts and deletes snapshots of it, opens the shell when on a terminal,
// and leaves nothing behind.
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { Embed, snapctl } from '../test/support/embed.mjs';
import { SetupError, setUp } from './setup.mjs';

const name = 'tiny';
const color = process.stdout.isTTY && !process.env.NO_COLOR;
const bold = (text) => (color ? `\x1b[1m${text}\x1b[0m` : text);
const tell = (text) => console.log(`\n${text}`);

const stop = new AbortController();
const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
let inShell = false;
for (const [signal, status] of Object.entries(signals)) {
  process.on(signal, () => {
    // In the shell Ctrl-C is the shell's own.
    if (inShell && signal === 'SIGINT') return;
    process.exitCode = status;
    stop.abort(new Error(signal));
  });
}

let embed;
try {
  await setUp({ purposes: ['run', 'guest'] });
  unlessStopped();
  embed = await Embed.create({ say: (line) => console.error(line) });
  await demonstrate();
  if (process.stdin.isTTY && process.stdout.isTTY) await shell();
} catch (error) {
  if (!stop.signal.aborted) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = 1;
  }
} finally {
  if (embed !== undefined) {
    await embed.dispose();
    tell('The guest and its folder are gone.');
  }
}

async function demonstrate() {
  tell(`A private libvirt, no daemon, everything in one folder:\n${bold(`URI='${embed.uri}'`)}`);
  // The guest keeps rewriting memory, so that what is saved changes while it is being saved.
  const guest = embed.prepare({ name, dirty: 48, gap: true });
  const file = (suffix) => join(guest.folder, suffix);

  tell('Boot a real Linux that counts ten times a second, in memory and on its disk.');
  await run('define', guest.xml);
  const started = performance.now();
  await run('start', name);
  await guest.serial.waitFor(/^ready agent/, { signal: stop.signal });
  console.log(`The guest is up after ${seconds(performance.now() - started)} s.`);
  await run('dominfo', name);

  tell('The main job: a snapshot of memory and disk while the guest goes on.');
  const live = { memory: file('live.mem'), disk: file('vda.live.qcow2') };
  const memspec = `file=${live.memory},snapshot=external`;
  const diskspec = `vda,snapshot=external,file=${live.disk}`;
  await watched(guest, () =>
    run('snapshot-create-as', name, 'live', '--live', '--memspec', memspec, '--diskspec', diskspec),
  );
  console.log(`The memory is in ${live.memory}, ${Math.round(statSync(live.memory).size / 2 ** 20)} MiB.`);

  tell(
    'A full snapshot inside the disk image, with its XML seen first. Without --live the guest waits for it.',
  );
  await run('snapshot-create-as', name, 'full', 'memory and disk in one image', '--print-xml');
  await watched(guest, () => run('snapshot-create-as', name, 'full', 'memory and disk in one image'));
  await run('snapshot-list', name, '--tree');
  await run('snapshot-list', name);
  await run('snapshot-info', name, 'full');
  await run('domstate', name, '--reason');

  tell('Back to that instant: memory and disk jump back together.');
  await guest.nextCounter();
  console.log(`The guest's counter before: ${await guest.nextCounter()}`);
  await run('snapshot-revert', name, 'full');
  const reverted = guest.serial.end();
  console.log(`The guest's counter after:  ${await guest.nextCounter()}`);
  await guest.nextCounter();
  const torn = /^mismatch.*/m.exec(guest.serial.text(reverted));
  if (torn) throw new Error(`memory and disk are not of one instant: ${torn[0]}`);
  console.log('Each time it counts, the guest compares its memory with its disk: they agree.');

  tell(
    'Delete. What the guest wrote to the overlay since is merged back into the first image while it runs.',
  );
  await run('snapshot-delete', name, 'full');
  try {
    await run('snapshot-delete', name, 'live');
    console.log('libvirt leaves the file with the saved memory; it is removed with the folder.');
  } catch {
    unlessStopped();
    console.log(
      'libvirt before 9.0 cannot merge: it can only forget the snapshot, and the overlay stays in use.',
    );
    await run('snapshot-delete', name, 'live', '--metadata');
  }
  await run('snapshot-list', name);
  await run('domblklist', name);
}

/** Runs one snapctl command, after showing it as one would type it. */
async function run(...words) {
  unlessStopped();
  console.log(`\n${bold(`$ snapctl -c "$URI" ${words.map(quoted).join(' ')}`)}`);
  const { code, signal, stdout, stderr } = await embed.run(words, { signal: stop.signal });
  process.stdout.write(stdout.trimEnd() === '' ? '' : `${stdout.trimEnd()}\n`);
  process.stderr.write(stderr);
  unlessStopped();
  if (code !== 0) throw new Error(`${words[0]} ended with ${signal ?? `status ${code}`}`);
}

/** Does something to a guest and says how long the guest stood still, by its own measure. */
async function watched(guest, action) {
  const from = guest.serial.end();
  await action();
  const paused = await guest.serial
    .waitFor(/^paused (\d+) ms/, { from, timeout: 5_000, signal: stop.signal })
    .catch(() => undefined);
  unlessStopped();
  console.log(
    paused ? `Seen from inside, the guest stood still for ${paused[1]} ms.` : 'The guest noticed no pause.',
  );
}

/** The interactive shell on this guest, until it is left. */
function shell() {
  tell(`The shell is yours: help, list, snapshot-create-as ${name} …, quit.`);
  inShell = true;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [snapctl, '-c', embed.uri], {
      stdio: 'inherit',
      env: { ...process.env, LIBVIRT_LOG_OUTPUTS: embed.env.LIBVIRT_LOG_OUTPUTS },
    });
    stop.signal.addEventListener('abort', () => child.kill('SIGHUP'));
    child.on('error', reject);
    child.on('close', resolve);
  });
}

function unlessStopped() {
  stop.signal.throwIfAborted();
}

function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function seconds(milliseconds) {
  return (milliseconds / 1000).toFixed(1);
}
