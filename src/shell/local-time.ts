/** A moment as `2026-01-31 12:34:56 +0100`, in this machine's time zone. @param seconds since 1970. */
export function localTime(seconds: bigint): string {
  const date = new Date(Number(seconds) * 1000);
  const pad = (value: number, width = 2): string => String(value).padStart(width, '0');
  const ahead = -date.getTimezoneOffset();
  const zone = `${ahead < 0 ? '-' : '+'}${pad(Math.trunc(Math.abs(ahead) / 60))}${pad(Math.abs(ahead) % 60)}`;
  const day = [pad(date.getFullYear(), 4), pad(date.getMonth() + 1), pad(date.getDate())].join('-');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => pad(part)).join(':');
  return `${day} ${time} ${zone}`;
}
