import { expect, test } from '@jest/globals';
import { type Candidate, planGarbage } from '../../../src/care/garbage.js';
import { mentionOf, pathsIn } from '../../../src/care/mentions.js';

/** Repeatable numbers: mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const candidate = (file: string): Candidate => ({ file, part: 'image', bytes: 1, origin: 'a test' });

test('of any forest, what goes is exactly what no file that stays needs', () => {
  let removed = 0;
  for (let seed = 1; seed <= 500; seed += 1) {
    const next = random(seed);
    const count = 2 + Math.floor(next() * 12);
    const files = Array.from({ length: count }, (_, index) => `/i/${index}`);
    const backing = new Map<string, string>();
    for (let index = 1; index < count; index += 1) {
      if (next() < 0.75) backing.set(`/i/${index}`, `/i/${Math.floor(next() * index)}`);
    }
    const made = files.filter(() => next() < 0.6);
    const needed = new Map(files.filter(() => next() < 0.2).map((file) => [file, 'a document tells of it']));
    const { remove, keep } = planGarbage(made.map(candidate), { needed, backing });

    // By another way: from every file that stays for a reason of its own, down to all it needs.
    const alive = new Set<string>();
    for (const file of files) {
      if (made.includes(file) && !needed.has(file)) continue;
      for (let at: string | undefined = file; at !== undefined; at = backing.get(at)) alive.add(at);
    }
    const gone = remove.map(({ file }) => file);
    expect(gone.sort()).toEqual(made.filter((file) => !alive.has(file)).sort());
    expect([...gone, ...keep.map((each) => each.candidate.file)].sort()).toEqual([...made].sort());
    expect(keep.every(({ reason }) => reason !== '')).toBe(true);
    remove.forEach(({ file }, index) => {
      const later = remove.slice(index + 1).map((each) => each.file);
      expect(later.filter((each) => backing.get(each) === file)).toEqual([]);
    });
    removed += gone.length;
  }
  expect(removed).toBeGreaterThan(500);
});

test('images that lie on each other in a ring end the search', () => {
  const backing = new Map([
    ['/a', '/b'],
    ['/b', '/a'],
  ]);
  const both = [candidate('/a'), candidate('/b')];
  expect(planGarbage(both, { needed: new Map(), backing }).remove).toHaveLength(2);
  expect(planGarbage(both, { needed: new Map([['/a', 'x']]), backing }).remove).toEqual([]);
});

test('a file is told of by its whole name, however it is spelt', () => {
  const told = (name: string, text: string): boolean =>
    mentionOf(`/srv/${name}`, [{ title: 't', text }]) !== undefined;
  expect(told('disk.s1', "<source file='/srv/disk.s1'/>")).toBe(true);
  expect(told('disk.s1', "<source file='/other/way/disk.s1'/>")).toBe(true);
  expect(told('disk.s1', "<source file='/srv/disk.s10'/><source file='/srv/my-disk.s1'/>")).toBe(false);
  expect(told('disk.s1', '"file.filename=/srv/disk.s1,if=none"')).toBe(true);
  expect(told("a&'b", "<source file='/srv/a&amp;&apos;b'/>")).toBe(true);
  expect(told('a,b', 'file=/srv/a,,b,format=raw')).toBe(true);
  expect(told('a"b', JSON.stringify({ file: '/srv/a"b' }))).toBe(true);
  expect(told('ä b', 'nbd+unix:///x?socket=/srv/%C3%A4%20b')).toBe(true);
  expect(told('x(y', '/srv/x(y')).toBe(true);
});

test('paths are found in XML and in JSON', () => {
  const text = `<source file='/a b/c&amp;d'/><name>/e</name>${JSON.stringify({ x: '/f"g', y: ['/h'], z: 'i/j' })}`;
  expect([...pathsIn({ title: 't', text })]).toEqual(expect.arrayContaining(['/a b/c&d', '/f"g', '/h']));
  expect([...pathsIn({ title: 't', text })]).not.toContain('/e');
});
