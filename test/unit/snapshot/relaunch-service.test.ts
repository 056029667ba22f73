import { expect, test } from '@jest/globals';
import { serviceIn, serviceOf } from '../../../src/snapshot/relaunch-service.js';

test.each([
  ['0::/system.slice/vm.service\n', { unit: 'vm.service', user: false }],
  [
    '0::/user.slice/user-1000.slice/user@1000.service/app.slice/vm@a.service\n',
    { unit: 'vm@a.service', user: true },
  ],
  ['9:name=systemd:/system.slice/vm.service\n4:memory:/x\n0::/\n', { unit: 'vm.service', user: false }],
  ['0::/qemu.slice/100.scope\n', undefined],
  ['0::/user.slice/user-1000.slice/session-3.scope\n', undefined],
  ['0::/\n', undefined],
  ['', undefined],
])('%j', (cgroup, expected) => expect(serviceIn(cgroup)).toEqual(expected));

test('a process that is in our own service, or in none, is no main process of another', async () => {
  expect(await serviceOf(process.pid)).toBeUndefined();
});
