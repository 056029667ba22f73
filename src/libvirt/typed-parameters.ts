import koffi from 'koffi';
import {
  VIR_TYPED_PARAM_BOOLEAN,
  VIR_TYPED_PARAM_DOUBLE,
  VIR_TYPED_PARAM_FIELD_LENGTH,
  VIR_TYPED_PARAM_INT,
  VIR_TYPED_PARAM_LLONG,
  VIR_TYPED_PARAM_STRING,
  VIR_TYPED_PARAM_UINT,
  VIR_TYPED_PARAM_ULLONG,
} from './constants.js';
import { succeed } from './error.js';
import { native } from './library.js';
import { readText, wide, withMemory } from './memory.js';

/**
 * One virTypedParameter: a number for int, uint and double, a bigint for llong and ullong, a boolean or a string.
 */
export type TypedParameter =
  | { field: string; type: 'int' | 'uint' | 'double'; value: number }
  | { field: string; type: 'llong' | 'ullong'; value: bigint }
  | { field: string; type: 'boolean'; value: boolean }
  | { field: string; type: 'string'; value: string };

const virTypedParameter = koffi.struct({
  field: koffi.array('char', VIR_TYPED_PARAM_FIELD_LENGTH),
  type: 'int',
  value: koffi.union({ ull: 'uint64_t', d: 'double', s: 'const char *' }),
});
const SIZE = koffi.sizeof(virTypedParameter);
const TYPE_OFFSET = BigInt(koffi.offsetof(virTypedParameter, 'type'));
const VALUE_OFFSET = BigInt(koffi.offsetof(virTypedParameter, 'value'));

function readOne(base: bigint): TypedParameter {
  const field = koffi.decode.string(base);
  const at = base + VALUE_OFFSET;
  const type = koffi.decode.int(base + TYPE_OFFSET);
  switch (type) {
    case VIR_TYPED_PARAM_INT:
      return { field, type: 'int', value: koffi.decode.int(at) };
    case VIR_TYPED_PARAM_UINT:
      return { field, type: 'uint', value: koffi.decode.uint(at) };
    case VIR_TYPED_PARAM_LLONG:
      return { field, type: 'llong', value: wide(koffi.decode.int64(at)) };
    case VIR_TYPED_PARAM_ULLONG:
      return { field, type: 'ullong', value: wide(koffi.decode.uint64(at)) };
    case VIR_TYPED_PARAM_DOUBLE:
      return { field, type: 'double', value: koffi.decode.double(at) };
    case VIR_TYPED_PARAM_BOOLEAN:
      return { field, type: 'boolean', value: koffi.decode.char(at) !== 0 };
    case VIR_TYPED_PARAM_STRING:
      return { field, type: 'string', value: readText(koffi.decode(at, 'void *')) ?? '' };
    default:
      throw new TypeError(`typed parameter ${field} has the unknown type ${type}`);
  }
}

/** Reads parameters that somebody else owns, for example an event's. */
export function readTypedParameters(pointer: bigint | null, count: number): TypedParameter[] {
  if (pointer === null) return [];
  return Array.from({ length: count }, (_, index) => readOne(pointer + BigInt(index * SIZE)));
}

/** Reads parameters the library allocated for us, and frees them. */
export function takeTypedParameters(pointer: bigint | null, count: number): TypedParameter[] {
  try {
    return readTypedParameters(pointer, count);
  } finally {
    native.virTypedParamsFree(pointer, count);
  }
}

/**
 * Reads from a function that fills an array we bring. Such functions tell the number when called with none.
 * @param call the function with everything but the array and the in-out count.
 */
export function readSizedParameters(
  call: (params: bigint | null, count: [number]) => number,
): TypedParameter[] {
  const count: [number] = [0];
  succeed(call(null, count));
  const room = count[0];
  return room === 0 ? [] : readParametersInto(room, call);
}

/** The same where the caller knows how many there can be. */
export function readParametersInto(
  room: number,
  call: (params: bigint, count: [number]) => number,
): TypedParameter[] {
  return withMemory(room * SIZE, (pointer) => {
    const count: [number] = [room];
    succeed(call(pointer, count));
    try {
      return readTypedParameters(pointer, count[0]);
    } finally {
      native.virTypedParamsClear(pointer, count[0]);
    }
  });
}

/** Bytes of one C parameter, for the calls that lay several lists out in one array. */
export const TYPED_PARAMETER_SIZE = SIZE;

function add(list: [bigint | null], count: [number], room: [number], parameter: TypedParameter): number {
  const { field, type, value } = parameter;
  switch (type) {
    case 'int':
      return native.virTypedParamsAddInt(list, count, room, field, value);
    case 'uint':
      return native.virTypedParamsAddUInt(list, count, room, field, value);
    case 'llong':
      return native.virTypedParamsAddLLong(list, count, room, field, value);
    case 'ullong':
      return native.virTypedParamsAddULLong(list, count, room, field, value);
    case 'double':
      return native.virTypedParamsAddDouble(list, count, room, field, value);
    case 'boolean':
      return native.virTypedParamsAddBoolean(list, count, room, field, value ? 1 : 0);
    case 'string':
      return native.virTypedParamsAddString(list, count, room, field, value);
  }
}

/** Runs `use` with the parameters as a C array that is freed afterwards. */
export function withTypedParameters<T>(
  parameters: readonly TypedParameter[],
  use: (params: bigint | null, count: number) => T,
): T {
  const list: [bigint | null] = [null];
  const count: [number] = [0];
  const room: [number] = [0];
  try {
    for (const parameter of parameters) succeed(add(list, count, room, parameter));
    return use(list[0], count[0]);
  } finally {
    if (list[0] !== null) native.virTypedParamsFree(list[0], count[0]);
  }
}
