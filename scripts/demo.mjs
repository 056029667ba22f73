#!/usr/bin/env node
// Shows the main job on a real guest: npm run demo. Sets the machine up, boots the tiny guest under a bare QEMU (with
// `npm run demo -- --libvirt` under libvirt's embedded driver) in a folder of its own, takes, inspects, reverts and
// deletes snapshots of it, opens the shell when on a terminal, and leaves nothing behind.
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { snapctl } from '../test/support/embed.mjs';
import { BareStage } from './demo-bare.mjs';
import { LibvirtStage } from './demo-libvirt.mjs';
import { SetupError, setUp } from './setup.mjs';

const color = process.stdout.isTTY && !process.env.NO_COLOR;
const bold = (text) => (color ? `\x1b[1m${text}\x1b[0m` : text);
const tell = (text) => console.log(text);

const { values } = parseArgs({ options: { libvirt: { type: 'boolean', default: false } } });
const stop = new AbortController();
const { signal } = stop;
let introduced = false;
let inShell = false;
for (const [name, status] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
  process.on(name, () => {
    // In the shell Ctrl-C is the shell's own.
    if (inShell && name === 'SIGINT') return;
    process.exitCode = status;
    stop.abort(new Error(name));
  });
}

const stage = new (values.libvirt ? LibvirtStage : BareStage)({ say: (line) => console.error(line) });
try {
  await setUp({ purposes: values.libvirt ? ['libvirt', 'qemu', 'guest'] : ['qemu', 'guest'] });
  signal.throwIfAborted();
  await demonstrate();
  if (process.stdin.isTTY && process.stdout.isTTY) await shell();
} catch (error) {
  if (!signal.aborted) {
    console.error(error instanceof SetupError ? error.message : error);
    process.exitCode = 1;
  }
} finally {
  await stage.dispose();
  if (introduced) tell('\nThe guest and its folder are gone.');
}

async function demonstrate() {
  tell(`\n${stage.intro}`);
  tell(
    'Boot a real Linux that counts ten times a second, in memory and on its disk, and keeps rewriting memory.',
  );
  const started = performance.now();
  await stage.boot({ run, show, signal });
  tell(`The guest is up after ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  await run('list');

  tell('\nThe main job: a snapshot of memory and disk while the guest goes on.');
  const memory = stage.file('live.mem');
  await watched(() =>
    run(
      ...['snapshot-create-as', 'tiny', 'live', '--live', '--memspec', `file=${memory}`],
      ...['--diskspec', `vda,file=${stage.file('vda.live.qcow2')}`, ...stage.measured],
    ),
  );
  tell(`The memory is in $DIR/live.mem, ${Math.round(statSync(memory).size / 2 ** 20)} MiB.`);

  const { second } = stage;
  tell(`\n${second.text}`);
  const words = ['snapshot-create-as', 'tiny', second.name, ...second.words(stage)];
  if (second.preview) await run(...words, '--print-xml');
  await watched(() => run(...words));

  tell('\nWhat there is now. The guest runs as before.');
  await run('snapshot-list', 'tiny');
  await run('snapshot-list', 'tiny', '--tree');
  await run('snapshot-info', 'tiny', stage.revertsTo);
  await run('domstate', 'tiny', '--reason');

  tell(`\nBack to the instant of '${stage.revertsTo}': memory and disk jump back together.`);
  await revert();

  tell('\nDelete: what the guest has written since is merged into the image below while it runs.');
  await stage.clear(run, tell);
  await run('snapshot-list', 'tiny');
  await run('domblklist', 'tiny');
  tell(`The guest has counted on: ${await nextCounter()}`);
}

async function revert() {
  const before = await nextCounter();
  tell(`The guest's counter before: ${before}`);
  await run('snapshot-revert', 'tiny', stage.revertsTo);
  const reverted = stage.serial.end();
  const after = await nextCounter();
  tell(`The guest's counter after:  ${after}`);
  if (after >= before) throw new Error('the counter has not jumped back');
  await nextCounter();
  const torn = /^mismatch.*/m.exec(stage.serial.text(reverted));
  if (torn) throw new Error(`memory and disk are not of one instant: ${torn[0]}`);
  tell('Each time it counts, the guest compares its memory with its disk: they agree.');
}

async function nextCounter() {
  const [, number] = await stage.serial.waitFor(/^counter (\d+)$/, { from: stage.serial.end(), signal });
  return Number(number);
}

/** Runs one snapctl command, after showing it as one would type it. */
async function run(...words) {
  signal.throwIfAborted();
  show(['snapctl', '-c', stage.uri, ...words]);
  const { code, signal: killed, stdout, stderr } = await stage.run(words, signal);
  for (const text of [stdout, stderr]) if (text.trim() !== '') tell(text.trimEnd());
  signal.throwIfAborted();
  if (code !== 0) {
    throw Object.assign(new Error(`${words[0]} ended with ${killed ?? `status ${code}`}`), { status: code });
  }
}

/** Shows a command line; what it is long of is put into variables first. */
function show(words) {
  if (!introduced) tell(`\n${bold(`DIR=${stage.folder}\nURI=${quoted(stage.uri)}`)}`);
  introduced = true;
  tell(`\n${bold(`$ ${words.map(typed).join(' ')}`)}`);
}

function typed(word) {
  if (word === stage.uri) return '"$URI"';
  if (!word.includes(stage.folder)) return quoted(word);
  const short = word.replaceAll(stage.folder, '$DIR');
  return /["\\`]/.test(short) ? `'${word}'` : `"${short}"`;
}

function quoted(word) {
  return /^[\w@%+=:,./…-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** Does something to the guest and says how long it stood still, by its own measure. */
async function watched(action) {
  const from = stage.serial.end();
  await action();
  const paused = await stage.serial
    .waitFor(/^paused (\d+) ms/, { from, timeout: 5_000, signal })
    .catch(() => undefined);
  signal.throwIfAborted();
  tell(
    paused ? `Seen from inside, the guest stood still for ${paused[1]} ms.` : 'The guest noticed no pause.',
  );
}

/** The interactive shell on this guest, until it is left. */
function shell() {
  tell('\nThe shell is yours: help, list, snapshot-create-as tiny …, quit.');
  inShell = true;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [snapctl, '-c', stage.uri], {
      stdio: 'inherit',
      env: { ...process.env, ...stage.env },
    });
    const hangUp = () => child.kill('SIGHUP');
    signal.addEventListener('abort', hangUp);
    child.on('error', reject);
    child.on('close', resolve);
  });
}
