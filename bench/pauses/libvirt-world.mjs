import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { withPrograms } from '../../test/guest/compiled.mjs';
import { Embed } from '../../test/support/embed.mjs';
import { milliseconds } from './clock.mjs';
import { filled } from './guests.mjs';
import { Heartbeat } from './heartbeat.mjs';
import { Observer } from './observer.mjs';
import { ProcessCost } from './process-cost.mjs';

/** The same guest under libvirt's embedded driver, where virsh takes the snapshots. */
export class LibvirtWorld {
  methods = {
    'virsh --live': (name) => this.#virsh(name, '--live'),
    'virsh (stopped)': (name) => this.#virsh(name),
  };

  static async start({ memory, fill }) {
    const embed = await Embed.create();
    const initrd = await withPrograms(embed.guestFiles.initrd, ['fill', 'heartbeat'].slice(fill ? 0 : 1));
    const folder = join(embed.folder, 'tiny');
    const world = new LibvirtWorld(embed);
    try {
      world.guest = await embed.start({
        name: 'tiny',
        memory,
        fill,
        tick: 100,
        initrd,
        devices: `
    <channel type='unix'>
      <source mode='bind' path='${join(folder, 'heartbeat')}'/>
      <target type='virtio' name='heartbeat'/>
    </channel>`,
        arguments: ['-qmp', `unix:${join(folder, 'observer')},server=on,wait=off`],
      });
      world.observer = await Observer.connect(join(folder, 'observer'));
      world.heartbeat = new Heartbeat(join(folder, 'heartbeat'));
      await filled(world.guest.serial, { fill });
      await world.heartbeat.steady();
      return world;
    } catch (error) {
      await world.dispose();
      throw error;
    }
  }

  constructor(embed) {
    this.embed = embed;
  }

  async #virsh(name, ...options) {
    const memory = join(this.guest.folder, `${name}.mem`);
    const overlay = join(this.guest.folder, `${name}.qcow2`);
    const memspec = `file=${memory},snapshot=external`;
    const diskspec = `vda,snapshot=external,file=${overlay}`;
    const words = ['snapshot-create-as', 'tiny', name, '--memspec', memspec, '--diskspec', diskspec];
    const done = await this.#run([...words, ...options]);
    return {
      ...done,
      imageBytes: statSync(memory).size,
      undo: async () => {
        await this.#run(['blockcommit', 'tiny', 'vda', '--active', '--pivot', '--wait']);
        await this.#run(['snapshot-delete', 'tiny', name, '--metadata']);
        rmSync(overlay);
        rmSync(memory);
      },
    };
  }

  async #run(words) {
    let cost;
    const from = milliseconds();
    const { code, stderr } = await this.embed.run(words, {
      tool: 'virsh',
      timeout: 300_000,
      started: (child) => {
        cost = new ProcessCost(child.pid);
      },
    });
    const to = milliseconds();
    const used = await cost.end();
    if (code !== 0) throw new Error(`virsh ${words.join(' ')}: ended with ${code}\n${stderr}`);
    return { from, to, ...used };
  }

  async dispose() {
    await this.heartbeat?.close();
    await this.observer?.close();
    await this.embed.dispose();
  }
}
