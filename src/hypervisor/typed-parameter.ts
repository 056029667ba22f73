/** C type of a typed parameter, in the words virTypedParameterType uses. */
export type TypedParameterType = 'int' | 'uint' | 'llong' | 'ullong' | 'double' | 'boolean' | 'string';

/**
 * One virTypedParameter. `value` is a number for int, uint and double, a bigint for llong and ullong, a boolean or
 * a string. Lists keep the order the driver gave; a field may occur more than once.
 */
export type TypedParameter =
  | { field: string; type: 'int' | 'uint' | 'double'; value: number }
  | { field: string; type: 'llong' | 'ullong'; value: bigint }
  | { field: string; type: 'boolean'; value: boolean }
  | { field: string; type: 'string'; value: string };
