import { join } from 'node:path';
import { Embed } from '../test/support/embed.mjs';

/** The demo on libvirt's embedded QEMU driver: it runs inside snapctl, with all its state in one folder. No daemon. */
export class LibvirtStage {
  intro = 'A private libvirt inside snapctl: no daemon. Everything is in one folder.';
  measured = [];
  /** libvirt 9.0 goes back to internal snapshots only. */
  revertsTo = 'full';
  second = {
    name: 'full',
    text: 'A full snapshot inside the disk image, with its XML seen first. Without --live the guest waits for it.',
    words: () => ['memory and disk in one image'],
    preview: true,
  };

  #embed;
  #guest;

  constructor({ say }) {
    this.say = say;
  }

  async boot({ run, signal }) {
    this.#embed = await Embed.create({ say: this.say });
    this.#guest = this.#embed.prepare({ name: 'tiny', dirty: 48, gap: true });
    await run('define', this.#guest.xml);
    await run('start', 'tiny');
    await this.serial.waitFor(/^ready agent/, { timeout: 120_000, signal });
  }

  get folder() {
    return this.#guest.folder;
  }

  get uri() {
    return this.#embed.uri;
  }

  get serial() {
    return this.#guest.serial;
  }

  get env() {
    return { LIBVIRT_LOG_OUTPUTS: this.#embed.env.LIBVIRT_LOG_OUTPUTS };
  }

  file(name) {
    return join(this.folder, name);
  }

  run(words, signal) {
    return this.#embed.run(words, { signal, detached: true });
  }

  async clear(run, tell) {
    await run('snapshot-delete', 'tiny', 'full');
    try {
      await run('snapshot-delete', 'tiny', 'live');
      tell('libvirt leaves the file with the saved memory; it is removed with the folder.');
    } catch (error) {
      if (error.status === undefined) throw error;
      tell('libvirt before 9.0 cannot merge: it can only forget the snapshot, and the overlay stays in use.');
      await run('snapshot-delete', 'tiny', 'live', '--metadata');
    }
  }

  async dispose() {
    await this.#embed?.dispose();
  }
}
