import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../guest/loud.s', import.meta.url));

/** A guest that prints as much as it is asked for, and waits for nothing else: see test/guest/loud.s. */
export class LoudGuest {
  readonly #folder = mkdtempSync(join(tmpdir(), 'snapctl-loud-'));
  readonly image = join(this.#folder, 'disk');
  /** What it prints for one character. */
  static readonly portion = 455 * 9;

  constructor() {
    const object = join(this.#folder, 'object');
    execFileSync('as', ['--32', '-o', object, source]);
    execFileSync('objcopy', ['-O', 'binary', '-j', '.text', object, this.image]);
    execFileSync('truncate', ['-s', '1M', this.image]);
    // For whomever QEMU runs as.
    chmodSync(this.#folder, 0o755);
    chmodSync(this.image, 0o666);
  }

  /** All that it prints for so many characters. */
  static text(portions: number): string {
    const lines = (portions * LoudGuest.portion) / 9;
    return Array.from({ length: lines }, (_, line) => `${line.toString(16).padStart(8, '0')}\n`).join('');
  }

  /** For a bare QEMU. @param monitor path of its socket */
  words(monitor: string): string[] {
    return [
      ...['-name', 'loud', '-accel', 'tcg', '-machine', 'pc', '-m', '16', '-nodefaults', '-display', 'none'],
      ...['-drive', `file=${this.image},format=raw,if=ide`, '-device', 'virtio-serial-pci,addr=5'],
      ...['-chardev', 'pty,id=hvc', '-device', 'virtconsole,chardev=hvc'],
      ...['-qmp', `unix:${monitor},server=on,wait=off`],
    ];
  }

  /** For libvirt. */
  get xml(): string {
    return `<domain type='qemu'>
  <name>loud</name>
  <memory unit='MiB'>16</memory>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
  </os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/>
      <source file='${this.image}'/>
      <target dev='hda' bus='ide'/>
    </disk>
    <controller type='usb' model='none'/>
    <controller type='virtio-serial' index='0'>
      <address type='pci' domain='0' bus='0' slot='5' function='0'/>
    </controller>
    <console type='pty'>
      <target type='virtio'/>
    </console>
    <memballoon model='none'/>
  </devices>
</domain>
`;
  }

  dispose(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
