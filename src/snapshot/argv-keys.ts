/** Keys and values of an option's text in their order. A key that was given without a value has undefined. */
export type Keys = readonly (readonly [key: string, value: string | undefined])[];

/**
 * Reads `key=value,key=value`, where `,,` stands for a comma in a value (docs: QemuOpts, keyval).
 * @param implied the key of a first element that has none: `driver` of -device, `type` of -machine.
 */
export function parseKeys(text: string, implied?: string): Keys {
  if (text === '') return [];
  return splitAtCommas(text).map((element, index): [string, string | undefined] => {
    const equals = element.indexOf('=');
    if (equals > 0) return [element.slice(0, equals), element.slice(equals + 1)];
    return index === 0 && implied !== undefined ? [implied, element] : [element, undefined];
  });
}

/** At single commas; a double one is one comma of the element. */
function splitAtCommas(text: string): string[] {
  const elements: string[] = [];
  let current = '';
  for (let index = 0; index < text.length; index++) {
    const char = text[index] as string;
    if (char !== ',') current += char;
    else if (text[index + 1] === ',') {
      current += ',';
      index++;
    } else {
      elements.push(current);
      current = '';
    }
  }
  return [...elements, current];
}

export const formatKeys = (keys: Keys): string =>
  keys.map(([key, value]) => (value === undefined ? key : `${key}=${value.replaceAll(',', ',,')}`)).join(',');

/** The last value counts, as with QEMU. */
export const lastOf = (keys: Keys, ...names: readonly string[]): string | undefined =>
  keys.findLast(([key]) => names.includes(key))?.[1];

/** Whether a switch is on: `key`, `key=on`, `key=yes`; undefined if it isn't given. `nokey` is off. */
export function switchOf(keys: Keys, name: string): boolean | undefined {
  const found = keys.findLast(([key]) => key === name || key === `no${name}`);
  if (!found) return undefined;
  const [key, value] = found;
  if (value === undefined) return key === name;
  return ['on', 'yes', 'true', 'y'].includes(value);
}

export const without = (keys: Keys, drop: (key: string) => boolean): Keys =>
  keys.filter(([key]) => !drop(key));

/** Sets a key where it stands, or adds it at the end. */
export function withKey(keys: Keys, name: string, value: string): Keys {
  const at = keys.findLastIndex(([key]) => key === name);
  if (at < 0) return [...keys, [name, value]];
  return keys.map((pair, index) => (index === at ? [name, value] : pair));
}

/** An object of QAPI as it stands on a command line: as JSON, or as dotted keys. */
export interface Structured {
  readonly style: 'json' | 'keys';
  readonly tree: Tree;
}

export interface Tree {
  [key: string]: TreeValue;
}
export type TreeValue = string | number | boolean | null | TreeValue[] | Tree;

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads -blockdev, -device or -object: JSON if it begins with a brace. @throws SyntaxError */
export function parseStructured(text: string, implied: string): Structured {
  if (text.startsWith('{')) {
    const tree: unknown = JSON.parse(text);
    if (!isTree(tree)) throw new SyntaxError('not an object');
    return { style: 'json', tree };
  }
  const tree: Tree = {};
  for (const [key, value] of parseKeys(text, implied)) {
    const parts = key.split('.');
    const last = parts.pop() as string;
    let place = tree;
    for (const part of parts) {
      const next = place[part];
      const inner = isTree(next) ? next : {};
      place[part] = inner;
      place = inner;
    }
    place[last] = value ?? 'on';
  }
  return { style: 'keys', tree };
}

export function formatStructured({ style, tree }: Structured): string {
  return style === 'json' ? JSON.stringify(tree) : formatKeys(flatten(tree, ''));
}

function flatten(tree: Tree, prefix: string): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    isTree(value) ? flatten(value, `${prefix}${key}.`) : [[`${prefix}${key}`, String(value)]],
  );
}

export const textOf = (tree: Tree, ...names: readonly string[]): string | undefined => {
  for (const name of names) {
    const value = tree[name];
    if (typeof value === 'string') return value;
  }
  return undefined;
};

/** Whether a member is true, in either style. */
export const isOn = (value: TreeValue | undefined): boolean =>
  value === true || value === 'on' || value === 'yes' || value === 'true' || value === 'y';
