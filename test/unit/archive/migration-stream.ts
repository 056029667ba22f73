const PAGE = 4096;

/** Puts together what QEMU would send, by the format's own rules, for tests that need streams of every shape. */
export class MigrationStream {
  readonly #parts: Buffer[] = [];

  static begin(): MigrationStream {
    const stream = new MigrationStream();
    stream.raw(u32(0x5145564d), u32(3));
    stream.raw(Buffer.from([7]), u32(10), Buffer.from('pc-q35-7.2'));
    return stream;
  }

  raw(...parts: Uint8Array[]): this {
    this.#parts.push(...parts.map((part) => Buffer.from(part)));
    return this;
  }

  /** A part of the configuration, such as `configuration/target-page-bits`. */
  configuration(name: string, data: Buffer): this {
    return this.raw(Buffer.from([5]), string(name), u32(1), data);
  }

  command(command: number, data: Buffer): this {
    const header = Buffer.alloc(5);
    header.writeUInt8(8);
    header.writeUInt16BE(command, 1);
    header.writeUInt16BE(data.length, 3);
    return this.raw(header, data);
  }

  ramStart(blocks: Readonly<Record<string, number>>): this {
    const total = Object.values(blocks).reduce((sum, each) => sum + each, 0);
    this.raw(Buffer.from([1]), u32(2), string('ram'), u32(0), u32(4), u64(total | 4));
    for (const [name, length] of Object.entries(blocks)) this.raw(string(name), u64(length));
    return this.ramEnd();
  }

  ramPart(): this {
    return this.raw(Buffer.from([2]), u32(2));
  }

  ramLast(): this {
    return this.raw(Buffer.from([3]), u32(2));
  }

  /** The mark and the footer at the end of each of the sections above. */
  ramEnd(): this {
    return this.raw(u64(0x10), Buffer.from([0x7e]), u32(2));
  }

  /** @param block names the RAM block; without it, the last one. */
  page(address: number, bytes: Buffer, block?: string): this {
    return this.raw(u64(address + 0x08 + (block ? 0 : 0x20)), block ? string(block) : Buffer.alloc(0), bytes);
  }

  zeroPage(address: number, block?: string, fill = 0): this {
    const header = u64(address + 0x02 + (block ? 0 : 0x20));
    return this.raw(header, block ? string(block) : Buffer.alloc(0), Buffer.from([fill]));
  }

  deviceState(bytes: Buffer): this {
    return this.raw(Buffer.from([4]), u32(7), string('timer'), u32(0), u32(2), bytes, Buffer.from([0]));
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

export const pageOf = (value: number): Buffer => {
  const page = Buffer.alloc(PAGE, value);
  page.writeUInt32LE(value, 8);
  return page;
};

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

const string = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
