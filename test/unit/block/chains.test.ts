import { describe, expect, test } from '@jest/globals';
import { blockJobId, targetInJobId } from '../../../src/block/block-job-ids.js';
import { jobAmounts } from '../../../src/block/block-job-info.js';
import { bytesPerSecond, mebibytesPerSecond } from '../../../src/block/block-job-speed.js';
import { parseCopyDestination } from '../../../src/block/copy-destination-xml.js';
import { type DiskChain, placeInChain } from '../../../src/block/disk-chain.js';
import { relativeBacking } from '../../../src/block/relative-backing.js';

const image = (file: string, backing?: string) => ({
  node: `node-${file}`,
  file: `/x/${file}`,
  format: 'qcow2',
  details: { image: { 'backing-filename': backing } },
});

describe('images of a chain', () => {
  const chain = {
    disk: { names: ['vda', 'node-c'] },
    images: [image('c', 'sub/b'), image('sub/b', '../a'), image('a')],
  } as unknown as DiskChain;

  test('are found by path, by node and by depth', async () => {
    expect(await placeInChain(chain, '/x/sub/b')).toBe(1);
    expect(await placeInChain(chain, 'node-a')).toBe(2);
    expect(await placeInChain(chain, 'vda[2]')).toBe(2);
    expect(await placeInChain(chain, 'vda[0]')).toBe(0);
  });

  test('are told in libvirt’s words not to be there', async () => {
    await expect(placeInChain(chain, '/x/no')).rejects.toThrow(
      "invalid argument: could not find image '/x/no' in chain for '/x/c'",
    );
    await expect(placeInChain(chain, '/x/c', 1)).rejects.toThrow(
      "could not find image '/x/c' beneath '/x/sub/b' in chain for '/x/c'",
    );
    await expect(placeInChain(chain, 'vda[3]')).rejects.toThrow(
      "could not find backing store index '3' in chain for '/x/c'",
    );
    await expect(placeInChain(chain, 'vda[1]', 1)).rejects.toThrow('could not find backing store index');
  });

  test('keep their relative names', () => {
    expect(relativeBacking(chain.images, '/x/c', 2)).toBe('a');
    expect(relativeBacking(chain.images, '/x/sub/b', 2)).toBe('../a');
    const absolute = [image('c', '/x/b'), image('b')] as unknown as DiskChain['images'];
    expect(() => relativeBacking(absolute, '/x/c', 1)).toThrow("can't keep relative backing relationship");
  });
});

describe('jobs', () => {
  test('are named after the disk', () => {
    const id = blockJobId('commit', 'vda');
    expect(id).toMatch(/^commit-vda-snapctl-[0-9a-f]{6}$/);
    expect(targetInJobId(id)).toBe('vda');
    expect(targetInJobId('commit-vda-libvirt-1-format')).toBeUndefined();
  });

  test('never look complete before they are', () => {
    expect(jobAmounts({ offset: 5, len: 5, ready: false })).toEqual({ cur: 4n, end: 5n });
    expect(jobAmounts({ offset: 0, len: 0, ready: false })).toEqual({ cur: 0n, end: 1n });
    expect(jobAmounts({ offset: 0, len: 0, ready: true })).toEqual({ cur: 1n, end: 1n });
    expect(jobAmounts({ offset: 5, len: 5, ready: true })).toEqual({ cur: 5n, end: 5n });
    expect(jobAmounts({ offset: 3, len: 5, ready: false })).toEqual({ cur: 3n, end: 5n });
  });

  test('have a speed in MiB or bytes a second', () => {
    expect(bytesPerSecond(2n, false)).toBe(2 * 2 ** 20);
    expect(bytesPerSecond(2n, true)).toBe(2);
    expect(mebibytesPerSecond(2n ** 20n + 1n)).toBe(2n);
    expect(() => bytesPerSecond(2n ** 63n, true)).toThrow('invalid argument: bandwidth must be less than');
  });
});

describe('the destination of a copy', () => {
  test('is a file or a device', () => {
    expect(
      parseCopyDestination("<disk type='file'><source file='/a&amp;b'/><driver type='raw'/></disk>"),
    ).toEqual({ file: '/a&b', type: 'file', format: 'raw' });
    expect(parseCopyDestination("<disk type='block'><source dev='/dev/x'/></disk>")).toEqual({
      ...{ file: '/dev/x', type: 'block', format: undefined },
    });
  });

  test('anything else is refused', () => {
    expect(() => parseCopyDestination("<disk type='network'><source/></disk>")).toThrow("type 'network'");
    expect(() => parseCopyDestination("<disk type='file'/>")).toThrow('mirror requires file name');
    expect(() => parseCopyDestination('<disk')).toThrow('disk_definition');
    expect(() => parseCopyDestination('<domain/>')).toThrow("expecting root element of 'disk'");
  });
});
