import { join } from 'node:path';
import { BareGuest } from '../test/support/bare-guest.mjs';
import { snapctl } from '../test/support/embed.mjs';
import { runToEnd } from '../test/support/run-to-end.mjs';

/** QEMU's options that say nothing to a reader of the demo: the guest's parts, ports and chips. */
const tedious = new Set(['-uuid', '-kernel', '-initrd', '-append', '-serial', '-device', '-chardev']);

/** The demo on a bare QEMU: no libvirt, no daemon, no privileges. QEMU, images and records are all in one folder. */
export class BareStage {
  intro = 'A bare QEMU: no libvirt, no daemon. Everything is in one folder.';
  /** Snapshots are made and found by this process alone; what is measured is told at their end. */
  measured = ['--progress'];
  revertsTo = 'live';
  second = {
    name: 'still',
    text: 'The same without --live: the guest stands still until its memory is saved.',
    words: (stage) => ['--memspec', `file=${stage.file('still.mem')}`, '--progress'],
  };

  #guest;

  constructor({ say }) {
    this.say = say;
  }

  async boot({ show, signal }) {
    this.#guest = await BareGuest.start({
      dirty: 48,
      gap: true,
      detached: true,
      unready: true,
      say: this.say,
      signal,
    });
    show(shortened(this.#guest.commandLine));
    await this.serial.waitFor(/^ready agent/, { timeout: 120_000, signal });
  }

  get folder() {
    return this.#guest.folder;
  }

  get uri() {
    return `qmp://${this.#guest.monitor}`;
  }

  get serial() {
    return this.#guest.serial;
  }

  /** snapctl's records go with the folder. */
  get env() {
    return { SNAPCTL_STATE_DIR: this.file('state') };
  }

  file(name) {
    return join(this.folder, name);
  }

  run(words, signal) {
    // Detached, because Ctrl-C is to reach it through us, once.
    const options = { env: { ...this.env, LC_ALL: 'C.UTF-8', NO_COLOR: '1' }, signal, detached: true };
    return runToEnd(process.execPath, [snapctl, '-c', this.uri, ...words], options);
  }

  async clear(run) {
    await run('snapshot-delete', 'tiny', 'still');
    await run('snapshot-delete', 'tiny', 'live');
  }

  async dispose() {
    await this.#guest?.dispose();
  }
}

function shortened(commandLine) {
  const shown = [];
  for (let index = 0; index < commandLine.length; index++) {
    if (!tedious.has(commandLine[index])) shown.push(commandLine[index]);
    else {
      if (shown.at(-1) !== '…') shown.push('…');
      index++;
    }
  }
  return shown;
}
