/**
 * The shape of a command's `--json` output, as data: documentation is generated from it and tests hold real
 * output against it.
 *
 * `integer` also admits a decimal string where a value is beyond 2^53. A trailing `?` in a property name
 * marks it optional.
 */
export type JsonShape =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'null'
  | 'any'
  | { readonly list: JsonShape }
  | { readonly map: JsonShape }
  | { readonly object: { readonly [property: string]: JsonShape } }
  | { readonly oneOf: readonly JsonShape[] };

/** Differences between a value and a shape, one line each; empty when the value conforms. */
export function shapeErrors(value: unknown, shape: JsonShape, at = '$'): string[] {
  if (shape === 'any') return [];
  if (typeof shape === 'string') return matchesPrimitive(value, shape) ? [] : [`${at}: not ${shape}`];
  if ('oneOf' in shape) {
    return shape.oneOf.some((one) => shapeErrors(value, one, at).length === 0)
      ? []
      : [`${at}: none of the shapes`];
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) return [`${at}: not a list`];
    return value.flatMap((item, index) => shapeErrors(item, shape.list, `${at}[${index}]`));
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [`${at}: not an object`];
  if ('map' in shape) {
    return Object.entries(value).flatMap(([key, item]) => shapeErrors(item, shape.map, `${at}.${key}`));
  }
  return objectErrors(value as Record<string, unknown>, shape.object, at);
}

function objectErrors(
  value: Record<string, unknown>,
  properties: { readonly [property: string]: JsonShape },
  at: string,
): string[] {
  const errors: string[] = [];
  const known = new Set<string>();
  for (const [key, shape] of Object.entries(properties)) {
    const name = key.endsWith('?') ? key.slice(0, -1) : key;
    known.add(name);
    if (value[name] !== undefined) errors.push(...shapeErrors(value[name], shape, `${at}.${name}`));
    else if (name === key) errors.push(`${at}.${name}: missing`);
  }
  for (const name of Object.keys(value)) if (!known.has(name)) errors.push(`${at}.${name}: not in the shape`);
  return errors;
}

function matchesPrimitive(
  value: unknown,
  shape: 'string' | 'integer' | 'number' | 'boolean' | 'null',
): boolean {
  if (shape === 'null') return value === null;
  if (shape === 'integer') {
    return Number.isInteger(value) || (typeof value === 'string' && /^-?\d+$/.test(value));
  }
  return typeof value === shape;
}

/** JSON text of a result; 64-bit integers become numbers where a number holds them exactly, else strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== 'bigint') return item;
    const number = Number(item);
    return Number.isSafeInteger(number) ? number : item.toString();
  });
}
