import { describe, expect, test } from '@jest/globals';
import { parseDiskSpec, parseMemorySpec, UnknownStorageType } from '../../../src/snapshot/snapshot-spec.js';

describe('--memspec', () => {
  test.each([
    [['file=/a', 'snapshot=external'], { file: '/a', snapshot: 'external' }],
    [['snapshot=no', '/a,b'], { file: '/a,b', snapshot: 'no' }],
    [['file='], { file: '' }],
    [['file=relative'], { file: 'relative' }],
  ])('%j', (elements, spec) => {
    expect(parseMemorySpec(elements)).toEqual(spec);
  });

  test.each([
    [['relative']],
    [['/a', '/b']],
    [['file=/a', 'file=/b']],
    [['file=/a', '/b']],
    [['snapshot=a', 'snapshot=b']],
    [['']],
    [['driver=qcow2']],
  ])('refuses %j', (elements) => {
    expect(parseMemorySpec(elements)).toBeUndefined();
  });
});

describe('--diskspec', () => {
  test.each([
    [['vda'], { name: 'vda' }],
    [
      ['vda', 'file=/a', 'driver=raw', 'snapshot=external', 'stype=block'],
      { name: 'vda', file: '/a', driver: 'raw', snapshot: 'external', type: 'block' },
    ],
    [['/a,b', 'stype=file'], { name: '/a,b', type: 'file' }],
  ])('%j', (elements, spec) => {
    expect(parseDiskSpec(elements)).toEqual(spec);
  });

  test.each([[[]], [['vda', '']], [['vda', '/path']], [['vda', 'file=a', 'file=b']], [['vda', 'size=1']]])(
    'refuses %j',
    (elements) => {
      expect(parseDiskSpec(elements)).toBeUndefined();
    },
  );

  test('names a storage type that it does not know', () => {
    expect(() => parseDiskSpec(['vda', 'stype=network'])).toThrow(UnknownStorageType);
    expect(() => parseDiskSpec(['vda', 'stype='])).toThrow("Unknown storage type: ''");
  });
});
