import { describe, expect, test } from '@jest/globals';
import { lostState } from '../../../src/block/frozen-states.js';
import type { PlannedImage } from '../../../src/snapshot/delete-images.js';
import type { PlannedSnapshot } from '../../../src/snapshot/delete-model.js';

/** Images, each on the next: `c b a` is c on b on a. */
function world(chains: readonly string[], tags: Record<string, string> = {}): Map<string, PlannedImage> {
  const images = new Map<string, PlannedImage>();
  for (const chain of chains) {
    const files = chain.split(' ');
    for (const [index, file] of files.entries()) {
      const tag = tags[file];
      images.set(file, {
        ...{ file, format: 'qcow2', backing: files[index + 1], bytes: 1, size: 1, growable: true },
        tags: tag === undefined ? [] : [tag],
      });
    }
  }
  return images;
}

const snapshot = (name: string, overlay: string, base: string): PlannedSnapshot => ({
  name,
  external: [{ disk: 'vda', overlay, base }],
  internal: false,
  memoryFile: undefined,
  halfDeleted: false,
});

describe('what a commit would take away', () => {
  const images = world(['d c b a']);

  test('nothing, where nobody knows of the images', () => {
    const known = { snapshots: [], images, foreign: new Set<string>() };
    expect(lostState(known, { base: 'a', gone: ['d', 'c', 'b'] })).toBeUndefined();
    expect(lostState(known, { base: 'b', gone: ['c'] })).toBeUndefined();
  });

  test('the state of a snapshot in the base, in an image that goes, or in one that reads the base', () => {
    for (const frozen of ['a', 'b', 'c']) {
      const known = { snapshots: [snapshot('s', 'x', frozen)], images, foreign: new Set<string>() };
      expect(lostState(known, { base: 'a', gone: ['d', 'c', 'b'] })).toContain("snapshot 's'");
    }
  });

  test('not the state of what is above the top, or below the base', () => {
    const foreign = new Set<string>();
    expect(
      lostState({ snapshots: [snapshot('s', 'x', 'd')], images, foreign }, { base: 'b', gone: ['c'] }),
    ).toBe(undefined);
    expect(
      lostState({ snapshots: [snapshot('s', 'b', 'a')], images, foreign }, { base: 'b', gone: ['d', 'c'] }),
    ).toBe(undefined);
  });

  test('another domain’s, a branch’s, and what is inside an image', () => {
    const commit = { base: 'a', gone: ['c', 'b'] };
    const branched = world(['d c b a', 'e b a']);
    expect(lostState({ snapshots: [], images: branched, foreign: new Set(['e']) }, commit)).toBe(
      "another domain's snapshot needs 'e'",
    );
    expect(lostState({ snapshots: [], images: branched, foreign: new Set() }, commit)).toContain(
      "'e' lies on 'b' too",
    );
    expect(
      lostState({ snapshots: [], images: world(['d c b a'], { c: 'tag' }), foreign: new Set() }, commit),
    ).toBe("'c' holds snapshot 'tag' inside, which would be lost");
  });
});
