import { describe, expect, test } from '@jest/globals';
import { ProtocolError } from '../../../src/qmp/index.js';
import { LineSplitter } from '../../../src/qmp/line-splitter.js';
import { Random } from './random.js';

describe('the line splitter', () => {
  test('gives the same lines however the bytes are cut', () => {
    const random = new Random(1);
    for (let round = 0; round < 200; round += 1) {
      const lines = Array.from({ length: random.below(20) }, () =>
        random.bytes(random.below(200)).filter((byte) => byte !== 10),
      );
      const tail = random.bytes(random.below(20)).filter((byte) => byte !== 10);
      const stream = Buffer.concat([...lines.flatMap((line) => [line, Buffer.from('\n')]), tail]);
      const splitter = new LineSplitter();
      const found: string[] = [];
      for (let at = 0; at < stream.length; ) {
        const size = 1 + random.below(random.pick([1, 7, 300, 5000]));
        for (const line of splitter.push(stream.subarray(at, at + size)))
          found.push(Buffer.from(line).toString('hex'));
        at += size;
      }
      const expected = lines
        .filter((line) => line.length > 0)
        .map((line) => Buffer.from(line).toString('hex'));
      expect(found).toEqual(expected);
      expect(splitter.held).toBe(tail.length);
    }
  });

  test('takes a line of exactly the limit, and none longer, whole or in pieces', () => {
    for (const size of [1, 1000, 5000]) {
      const feed = (length: number) => {
        const splitter = new LineSplitter(4096);
        const stream = Buffer.concat([Buffer.alloc(length, 'a'), Buffer.from('\n')]);
        const found: number[] = [];
        for (let at = 0; at < stream.length; at += size) {
          for (const line of splitter.push(stream.subarray(at, at + size))) found.push(line.length);
        }
        return found;
      };
      expect(feed(4096)).toEqual([4096]);
      expect(() => feed(4097)).toThrow(ProtocolError);
    }
  });

  test('10 MB a few bytes at a time cost no more than their bytes', () => {
    const splitter = new LineSplitter();
    const piece = Buffer.alloc(16, 'x');
    const started = performance.now();
    for (let sent = 0; sent < 9_999_984; sent += piece.length) {
      for (const _ of splitter.push(piece)) throw new Error('no line ended');
    }
    const [line] = splitter.push(Buffer.from('\n'));
    expect(line?.length).toBe(9_999_984);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
