import { describe, expect, jest, test } from '@jest/globals';
import type { PlannedImage } from '../../../src/snapshot/delete-images.js';
import {
  type DeletePlan,
  DeleteRefused,
  type DeleteSituation,
  type PlannedSnapshot,
} from '../../../src/snapshot/delete-model.js';
import { planDelete } from '../../../src/snapshot/delete-plan.js';
import { Dice, type Habits, World } from './delete-world.js';

const MODES = ['one', 'children', 'children only'] as const;
const TREES = 1000;

const plain: Habits = { foreign: 0, internal: 0, resize: 0, revert: 0, withoutMetadata: 0 };
const wild: Habits = { foreign: 8, internal: 10, resize: 6, revert: 25, withoutMetadata: 6 };

/** A snapshot to delete and all that goes with it, children before parents. */
function chooseDoomed(world: World, dice: Dice): string[] {
  const { name } = dice.pick(world.snapshots);
  const mode = dice.pick(MODES);
  if (mode === 'one') return [name];
  return mode === 'children' ? [...world.below(name), name] : world.below(name);
}

function planOrRefuse(world: World, doomed: readonly string[]): DeletePlan | undefined {
  try {
    return planDelete(world.situation(), doomed);
  } catch (error) {
    if (error instanceof DeleteRefused) return undefined;
    throw error;
  }
}

/** Deletes snapshots of a random world until none is left or none can be deleted. @returns how many merges that took */
function deleteAll(seed: number, habits: Habits, crash: boolean): number {
  const dice = new Dice(seed);
  const world = new World(dice);
  world.live(2 + dice.roll(12), habits);
  let [moved, refused] = [0, 0];
  while (world.snapshots.length > 0 && refused < 5) {
    const doomed = chooseDoomed(world, dice);
    const plan = planOrRefuse(world, doomed);
    if (!plan) {
      refused++;
      continue;
    }
    const before = world.readings(doomed);
    const expectSame = (): void => {
      const now = world.readings(doomed);
      // Jest's own comparison takes a hundred times as long.
      if (JSON.stringify(now) !== JSON.stringify(before)) expect(now).toEqual(before);
    };
    const stopAt = crash ? dice.roll(plan.steps.length + 1) : -1;
    for (const [index, step] of plan.steps.entries()) {
      if (index === stopAt) {
        // Cut off in the middle of the step. What was copied so far must not show.
        world.carryOut(step, doomed, dice.roll(10) / 10);
        expectSame();
        if (dice.chance(50)) break;
      }
      world.carryOut(step, doomed);
      expectSame();
      if (step.action === 'commit' || step.action === 'stream') moved++;
    }
    const left = world.snapshots.map(({ name }) => name);
    if (stopAt < 0) expect(left.filter((name) => doomed.includes(name))).toEqual([]);
  }
  return moved;
}

describe('deleting snapshots of random trees', () => {
  // The machine may be busy.
  jest.setTimeout(180_000);

  test('everybody who stays reads what they read before, after each step', () => {
    let moved = 0;
    for (let seed = 0; seed < TREES; seed++) moved += deleteAll(seed, seed % 4 === 0 ? plain : wild, false);
    expect(moved).toBeGreaterThan(TREES);
  });

  test('and so they do if it is cut off anywhere, taken up again or begun anew', () => {
    let moved = 0;
    for (let seed = 0; seed < TREES; seed++)
      moved += deleteAll(seed + 500_000, seed % 4 === 0 ? plain : wild, true);
    expect(moved).toBeGreaterThan(TREES);
  });

  test('without branches and other users nothing but the original images is left', () => {
    for (let seed = 0; seed < 300; seed++) {
      const dice = new Dice(seed);
      const world = new World(dice);
      world.live(1 + dice.roll(8), plain);
      while (world.snapshots.length > 0) {
        const doomed = chooseDoomed(world, dice);
        const { steps, kept } = planDelete(world.situation(), doomed);
        expect(kept).toEqual([]);
        for (const step of steps) world.carryOut(step, doomed);
      }
      expect([...world.images.keys()]).toEqual(world.roots);
      expect(world.memory.size).toBe(0);
    }
  });

  test('branches leave nothing either, once all of their snapshots are deleted', () => {
    for (let seed = 0; seed < 300; seed++) {
      const dice = new Dice(seed);
      const world = new World(dice);
      world.live(2 + dice.roll(10), { ...plain, revert: 40 });
      while (world.snapshots.length > 0) {
        const doomed = chooseDoomed(world, dice);
        const { steps, kept } = planDelete(world.situation(), doomed);
        for (const { reason } of kept) expect(reason).toMatch(/lie on it$|what lies on it cannot/);
        for (const step of steps) world.carryOut(step, doomed);
      }
      expect([...world.images.keys()]).toEqual(world.roots);
    }
  });
});

const image = (file: string, backing?: string, more: Partial<PlannedImage> = {}): PlannedImage => ({
  ...{ file, format: 'qcow2', backing, bytes: 10, size: 100, growable: true, tags: [] },
  ...more,
});

const taken = (name: string, base: string, overlay: string, more: Partial<PlannedSnapshot> = {}) => ({
  ...{ name, external: [{ disk: 'vda', overlay, base }], internal: false, memoryFile: undefined },
  ...{ halfDeleted: false, ...more },
});

/** Three snapshots in a row: root <- o1 <- o2 <- o3, on which the guest is. */
function row(
  more: Partial<DeleteSituation> & { images?: ReadonlyMap<string, PlannedImage> } = {},
): DeleteSituation {
  const images = [image('root'), image('o1', 'root'), image('o2', 'o1'), image('o3', 'o2')];
  return {
    snapshots: [taken('s1', 'root', 'o1'), taken('s2', 'o1', 'o2'), taken('s3', 'o2', 'o3')],
    images: new Map(images.map((each) => [each.file, each])),
    active: [{ disk: 'vda', file: 'o3' }],
    foreign: new Set(),
    layers: [],
    memory: new Map(),
    ...more,
  };
}

const withImages = (...changed: PlannedImage[]): DeleteSituation => {
  const { images } = row();
  return row({ images: new Map([...images, ...changed.map((each) => [each.file, each] as const)]) });
};

/** In a few words: what is done to which images. */
const told = (situation: DeleteSituation, ...doomed: string[]): string[] =>
  planDelete(situation, doomed).steps.map((step) => {
    if (step.action === 'commit') return `commit ${[step.top, ...step.through].join(' ')} -> ${step.base}`;
    if (step.action === 'stream') return `stream ${step.from.join(' ')} -> ${step.into} on ${step.below}`;
    if (step.action === 'unlink') return `unlink ${step.file}`;
    if (step.action === 'forget' || step.action === 'internal') return `${step.action} ${step.snapshot}`;
    if (step.action === 'layers') return `layers ${step.layers.map(({ file }) => file).join(' ')}`;
    return step.action;
  });

describe('the plan', () => {
  test.each([
    ['s1', ['mark', 'commit o1 -> root', 'unlink o1', 'forget s1']],
    ['s2', ['mark', 'commit o2 -> o1', 'unlink o2', 'forget s2']],
    ['s3', ['mark', 'commit o3 -> o2', 'unlink o3', 'forget s3']],
  ])('of one in a row: %s', (name, steps) => {
    expect(told(row(), name)).toEqual(steps);
  });

  test('of several in a row moves everything at once', () => {
    const steps = ['mark', 'commit o3 o1 o2 -> root', 'unlink o3', 'unlink o2', 'unlink o1'];
    expect(told(row(), 's3', 's2', 's1')).toEqual([...steps, 'forget s3', 'forget s2', 'forget s1']);
    expect(planDelete(row(), ['s3', 's2', 's1']).bytes).toBe(30);
  });

  test('streams where less is to be moved so', () => {
    const situation = withImages(image('o2', 'o1', { bytes: 50 }));
    expect(told(situation, 's2')).toEqual(['mark', 'stream o1 -> o2 on root', 'unlink o1', 'forget s2']);
    expect(planDelete(situation, ['s2'])).toMatchObject({ bytes: 10, kept: [] });
  });

  test('does not move the original image away, however small it is', () => {
    const situation = withImages(image('root', undefined, { bytes: 1 }), image('o1', 'root', { bytes: 1e9 }));
    expect(told(situation, 's1')).toContain('commit o1 -> root');
  });

  test('keeps an image that two branches lie on, and merges it when one of them is gone', () => {
    const forked = withImages(image('fork', 'o1'), image('f', 'fork'));
    const snapshots = [...forked.snapshots, taken('s4', 'fork', 'f')];
    expect(told({ ...forked, snapshots }, 's2')).toEqual(['layers o1', 'forget s2']);
    expect(planDelete({ ...forked, snapshots }, ['s2']).kept).toEqual([
      { file: 'o1', reason: '2 images lie on it' },
    ]);
    const remaining = snapshots.filter(({ name }) => name !== 's2');
    const later = { ...forked, snapshots: remaining, layers: [{ file: 'o1', ours: true }] };
    const steps = ['mark', 'unlink f', 'unlink fork', 'commit o2 -> o1', 'unlink o2', 'layers ', 'forget s4'];
    expect(told(later, 's4')).toEqual(steps);
  });

  test('streams into an image that two branches lie on', () => {
    const situation = withImages(image('fork', 'o2'));
    expect(told(situation, 's2')).toEqual(['mark', 'stream o1 -> o2 on root', 'unlink o1', 'forget s2']);
  });

  test('leaves alone what another domain uses, and all below it', () => {
    const situation = row({ foreign: new Set(['o1']) });
    for (const name of ['s1', 's2']) {
      const { steps, kept } = planDelete(situation, [name]);
      expect(steps.map(({ action }) => action)).toEqual(['layers', 'forget']);
      expect(kept).toMatchObject([{ reason: 'another domain uses it' }]);
    }
  });

  test('never merges an image that holds snapshots inside into another', () => {
    expect(told(withImages(image('o2', 'o1', { tags: ['i'] })), 's2')).toEqual(['layers o1', 'forget s2']);
    // But others may be merged into it.
    expect(told(withImages(image('o1', 'root', { tags: ['i'] })), 's2')).toContain('commit o2 -> o1');
  });

  test('refuses to delete what is inside an image that is only read', () => {
    const inside = { name: 'i', external: [], internal: true, memoryFile: undefined, halfDeleted: false };
    const situation = withImages(image('root', undefined, { tags: ['i'] }));
    const snapshots = [inside, ...situation.snapshots];
    expect(() => planDelete({ ...situation, snapshots }, ['i'])).toThrow("inside image 'root'");
    const all = ['s3', 's2', 's1', 'i'];
    expect(told({ ...situation, snapshots }, ...all).slice(-5)[0]).toBe('internal i');
  });

  test('does not take an image for frozen where document and overlay disagree', () => {
    const situation = withImages(image('o1', 'golden'), image('golden'));
    expect(told(situation, 's1')).toEqual(['forget s1']);
    const marked = [taken('s1', 'root', 'o1', { halfDeleted: true }), ...row().snapshots.slice(1)];
    expect(told({ ...situation, snapshots: marked }, 's1')).toEqual(['forget s1']);
  });

  test('grows a base that can be grown, and streams where it cannot', () => {
    const grown = (growable: boolean) =>
      withImages(
        image('o1', 'root', { growable }),
        image('o2', 'o1', { size: 200 }),
        image('o3', 'o2', { size: 200 }),
      );
    expect(told(grown(true), 's2')).toContain('commit o2 -> o1');
    expect(told(grown(false), 's2')).toContain('stream o1 -> o2 on root');
  });

  test('removes memory that no other snapshot tells of', () => {
    const [s1, ...rest] = row().snapshots;
    const memory = new Map([['m', 5]]);
    const one = row({ snapshots: [{ ...s1, memoryFile: 'm' } as PlannedSnapshot, ...rest], memory });
    expect(told(one, 's1')).toContain('unlink m');
    const shared = { ...one, snapshots: one.snapshots.map((each) => ({ ...each, memoryFile: 'm' })) };
    expect(told(shared, 's1')).not.toContain('unlink m');
  });
});
