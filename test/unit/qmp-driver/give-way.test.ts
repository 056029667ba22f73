import { expect, test } from '@jest/globals';
import { clientsOf } from '../../../src/drivers/qmp/give-way.js';

/** As Linux 6.1 printed it: one client served, one waiting, and a waiting one that has left again. */
const table = `Num       RefCount Protocol Flags    Type St Inode Path
00000000cd42cd9a: 00000003 00000000 00000000 0001 03 2486925 /run/web.qmp
00000000fee4ca8e: 00000002 00000000 00010000 0001 01 2486695 /run/web.qmp
0000000019eb4ab6: 00000003 00000000 00000000 0001 02     0 /run/web.qmp
0000000019eb4ab7: 00000002 00000000 00000000 0001 02     0 /run/web.qmp
00000000fee4ca8f: 00000002 00000000 00010000 0001 01 2486696 /run/a folder/db.qmp
0000000011111111: 00000003 00000000 00000000 0001 03 24869
`;

test('the kernel tells who is connected to a monitor, and who waits', () => {
  const counts = clientsOf(table, ['/run/web.qmp', '/run/a folder/db.qmp', '/run/none']);
  expect(Object.fromEntries(counts)).toEqual({
    '/run/web.qmp': { connected: 1, waiting: 2 },
    '/run/a folder/db.qmp': { connected: 0, waiting: 0 },
    '/run/none': { connected: 0, waiting: 0 },
  });
});
