import { describe, expect, test } from '@jest/globals';
import { type JsonShape, shapeErrors, toJson } from '../../../src/shell/index.js';

describe('shapes', () => {
  const shape: JsonShape = {
    object: {
      name: 'string',
      'id?': 'integer',
      tags: { list: 'string' },
      sizes: { map: 'number' },
      parent: { oneOf: ['string', 'null'] },
      extra: 'any',
    },
  };
  const good = { name: 'a', tags: ['x'], sizes: { vda: 1.5 }, parent: null, extra: [1] };

  test('a value that conforms', () => {
    expect(shapeErrors(good, shape)).toEqual([]);
    expect(shapeErrors({ ...good, id: 3 }, shape)).toEqual([]);
    expect(shapeErrors({ ...good, id: '18446744073709551615' }, shape)).toEqual([]);
  });

  test.each([
    [{ ...good, name: 1 }, '$.name: not string'],
    [{ ...good, id: 1.5 }, '$.id: not integer'],
    [{ ...good, id: 'x' }, '$.id: not integer'],
    [{ ...good, tags: ['x', 2] }, '$.tags[1]: not string'],
    [{ ...good, tags: 'x' }, '$.tags: not a list'],
    [{ ...good, sizes: { vda: 'x' } }, '$.sizes.vda: not number'],
    [{ ...good, parent: 1 }, '$.parent: none of the shapes'],
    [{ ...good, more: 1 }, '$.more: not in the shape'],
    [{ name: 'a', tags: [], sizes: {}, extra: 0 }, '$.parent: missing'],
    [null, '$: not an object'],
  ])('%j', (value, error) => {
    expect(shapeErrors(value, shape)).toEqual([error]);
  });
});

test('large integers are numbers while a number holds them', () => {
  expect(toJson({ a: 5n, b: 2n ** 53n - 1n, c: 2n ** 53n, d: -(2n ** 60n) })).toBe(
    '{"a":5,"b":9007199254740991,"c":"9007199254740992","d":"-1152921504606846976"}',
  );
});
