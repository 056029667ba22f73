import { afterEach, describe, expect, test } from '@jest/globals';
import { QmpClient } from '../../../src/qmp/index.js';
import { unprotectedDevice } from '../../../src/snapshot/unprotected-devices.js';
import { FakeMonitor } from '../qmp/fake-monitor.js';

describe('devices that write protection does not see', () => {
  let monitor: FakeMonitor;
  let client: QmpClient;

  afterEach(async () => {
    await client.disconnect();
    await monitor.close();
  });

  /** Hardware that no test machine has: QEMU's answers are made up. */
  async function found(
    types: Readonly<Record<string, string[]>>,
    networks = '',
  ): Promise<string | undefined> {
    monitor = new FakeMonitor(({ execute, arguments: args, id }, connection) => {
      const list = types[String(args?.path)] ?? [];
      connection.reply(id, execute === 'qom-list' ? list.map((type) => ({ name: 'x', type })) : networks);
    });
    await monitor.listen();
    client = await QmpClient.connect(monitor.path);
    return unprotectedDevice(client);
  }

  test.each(['vfio-pci', 'vhost-user-fs-pci', 'vhost-vdpa-device-pci'])('%s', async (device) => {
    expect(await found({ '/machine/peripheral-anon': ['string', `child<${device}>`] })).toBe(device);
  });

  test('a network back end', async () => {
    expect(
      await found({}, 'net0: index=0,type=nic,model=virtio\r\n \\ n: index=0,type=vhost-vdpa,x\r\n'),
    ).toBe('vhost-vdpa');
  });

  test('none, whatever the guest’s devices are called', async () => {
    const types = {
      '/machine/peripheral': ['child<virtio-blk-pci>', 'link<vfio-pci>', 'child<pcie-root-port>'],
    };
    expect(await found(types, 'vfio-pci: index=0,type=tap,ifname=vhost-user0\r\n')).toBeUndefined();
  });
});
