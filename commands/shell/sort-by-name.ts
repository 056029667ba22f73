/** Things with names in virsh's order: by bytes, regardless of ASCII letter case. */
export function sortByName<T extends { readonly name: string }>(things: readonly T[]): T[] {
  const key = (name: string): Buffer =>
    Buffer.from(name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()));
  return things
    .map((thing) => ({ thing, key: key(thing.name) }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .map(({ thing }) => thing);
}
