/** The guests that are measured on: what they are like, and whether going back is measured, too. */
export const guests = {
  '256m-idle': { title: '256 MiB, idle', memory: 256 },
  '1g-idle': { title: '1 GiB, idle', memory: 1024, revert: true },
  '1g-busy': { title: '1 GiB, 200 MiB of it rewritten in a tight loop', memory: 1024, fill: '200,again' },
  '1g-full': { title: '1 GiB, 700 MiB of it noise', memory: 1024, fill: 700, revert: true },
  '4g-full': { title: '4 GiB, 3 GiB of it noise', memory: 4096, fill: 3072 },
};

/** Waits until a guest has filled its memory. */
export async function filled(serial, { fill }) {
  if (fill !== undefined) await serial.waitFor(/^filled \d+ MiB$/, { timeout: 300_000 });
}
