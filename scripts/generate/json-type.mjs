/** A JSON shape as text for people: `[ { "name": string, "parent"?: string } ]`, on several lines. */
export function jsonType(shape, indent = '') {
  const inner = `${indent}  `;
  if (typeof shape === 'string') return shape === 'any' ? 'any value' : shape;
  if ('oneOf' in shape) return shape.oneOf.map((one) => jsonType(one, indent)).join(' | ');
  if ('list' in shape) return `[ ${jsonType(shape.list, indent)}, ... ]`;
  if ('map' in shape) return `{\n${inner}"...": ${jsonType(shape.map, inner)}\n${indent}}`;
  const properties = Object.entries(shape.object).map(([key, value]) => {
    const optional = key.endsWith('?');
    const name = optional ? key.slice(0, -1) : key;
    return `${inner}"${name}"${optional ? '?' : ''}: ${jsonType(value, inner)}`;
  });
  return properties.length === 0 ? '{}' : `{\n${properties.join(',\n')}\n${indent}}`;
}
