/** A libvirt field name (`flush_total_times`, `reduced-phys-bits`) as a JSON property's (`flushTotalTimes`). */
export const camelCase = (name: string): string =>
  name.replace(/[_-]+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
