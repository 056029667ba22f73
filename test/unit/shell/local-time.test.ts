import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { localTime } from '../../../src/shell/local-time.js';

test('is what the C library makes of it, in this time zone', () => {
  for (const seconds of [0n, 951_782_400n, 1_700_000_000n, 4_102_444_799n]) {
    const date = execFileSync('date', ['-d', `@${seconds}`, '+%Y-%m-%d %H:%M:%S %z'], { encoding: 'utf8' });
    expect(localTime(seconds)).toBe(date.trim());
  }
});

test('writes zones behind and between the hours', () => {
  // A process of its own: the zone is read once.
  const file = fileURLToPath(new URL('../../../src/shell/local-time.ts', import.meta.url));
  const script = `import { build } from 'esbuild';
    const { outputFiles } = await build({ entryPoints: [${JSON.stringify(file)}], write: false, format: 'esm' });
    const { localTime } = await import('data:text/javascript,' + encodeURIComponent(outputFiles[0].text));
    console.log(localTime(1700000000n));`;
  const inZone = (TZ: string): string =>
    execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: { ...process.env, TZ },
    }).trim();
  expect(inZone('America/St_Johns')).toBe('2023-11-14 18:43:20 -0330');
  expect(inZone('Asia/Kathmandu')).toBe('2023-11-15 03:58:20 +0545');
  expect(inZone('UTC')).toBe('2023-11-14 22:13:20 +0000');
});
