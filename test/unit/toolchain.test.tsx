import { describe, expect, test } from '@jest/globals';
import { Text } from 'ink';
import { render } from 'ink-testing-library';
import koffi from 'koffi';
import { compress, uncompress } from 'lz4-napi';

// One test that the whole toolchain runs in one process: jest as ESM, TSX, Ink, a native FFI and a native codec.
describe('toolchain', () => {
  test('Ink renders, koffi calls libc, lz4-napi round-trips, all in one jest module', async () => {
    const app = render(<Text>snapctl</Text>);
    expect(app.lastFrame()).toBe('snapctl');
    app.unmount();

    const getpid = koffi.load('libc.so.6').func('int getpid()');
    expect(getpid()).toBe(process.pid);

    const page = Buffer.alloc(65_536, 'memory ');
    const packed = await compress(page);
    expect(packed.length).toBeLessThan(page.length);
    expect((await uncompress(packed)).equals(page)).toBe(true);
  });
});
