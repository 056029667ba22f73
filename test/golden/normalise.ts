/**
 * Takes out of a program's output what differs from run to run or by the program's name alone; everything else,
 * blanks and the width of tables included, has to be the same.
 * @param places folders that differ between the runs compared.
 */
export function normalise(text: string, places: readonly string[] = []): string {
  let result = text;
  for (const place of places) result = result.replaceAll(place, 'PLACE');
  return (
    result
      .replace(/\b(virsh|snapctl)\b/gi, 'TOOL')
      // Seconds since 1970, in names and times of snapshots, and what the test driver derives from the clock.
      .replace(/\b1[7-9]\d{8}\b/g, 'EPOCH')
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}/g, 'TIMESTAMP')
      .replace(/(?<![-\w])\d{12,}\b/g, 'COUNTER')
      .replace(/(CPU time: +)(EPOCH|\d+)\.\d+s/g, '$1TIME')
      .replace(/\(Time: [\d.]+ ms\)/g, '(TIME)')
  );
}
