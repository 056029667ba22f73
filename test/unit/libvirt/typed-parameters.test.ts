import { expect, test } from '@jest/globals';
import {
  readTypedParameters,
  type TypedParameter,
  withTypedParameters,
} from '../../../src/libvirt/typed-parameters.js';

test('every type goes through C memory and comes back, extremes included', () => {
  const parameters: TypedParameter[] = [
    { field: 'int', type: 'int', value: -2147483648 },
    { field: 'uint', type: 'uint', value: 4294967295 },
    { field: 'llong', type: 'llong', value: -9223372036854775808n },
    { field: 'small', type: 'llong', value: -1n },
    { field: 'ullong', type: 'ullong', value: 18446744073709551615n },
    { field: 'double', type: 'double', value: 0.1 },
    { field: 'yes', type: 'boolean', value: true },
    { field: 'no', type: 'boolean', value: false },
    { field: 'string', type: 'string', value: 'größer 🐟' },
    { field: 'empty', type: 'string', value: '' },
    { field: 'x'.repeat(79), type: 'int', value: 1 },
  ];
  expect(withTypedParameters(parameters, readTypedParameters)).toEqual(parameters);
});

test('a name that doesn’t fit is refused', () => {
  const long: TypedParameter[] = [{ field: 'x'.repeat(80), type: 'int', value: 1 }];
  expect(() => withTypedParameters(long, () => null)).toThrow(/too long/);
});

test('no parameters are a null array', () => {
  expect(withTypedParameters([], (pointer, count) => [pointer, count])).toEqual([null, 0]);
});
