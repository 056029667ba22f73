import { expect, test } from '@jest/globals';
import { bridgedXml, unbridgedXml } from '../../../commands/interface/bridge-xml.js';

const device = `<interface type='ethernet' name='eth0'>
  <start mode='onboot'/>
  <mac address='aa:bb:cc:dd:ee:ff'/>
  <protocol family='ipv4'><dhcp/></protocol>
</interface>`;

const plain = (xml: string): string => xml.replace(/>\s+</g, '><').replaceAll("'", '"');

test('a device under a bridge keeps what is its own, the bridge gets the rest', async () => {
  const options = { name: 'eth0', bridge: 'br0', stp: true, delay: 3 };
  const bridged = await bridgedXml(device, options);
  expect(plain(bridged)).toBe(
    '<interface type="bridge" name="br0"><start mode="onboot"/><protocol family="ipv4"><dhcp/></protocol>' +
      '<bridge stp="on" delay="3"><interface type="ethernet" name="eth0"><mac address="aa:bb:cc:dd:ee:ff"/></interface></bridge></interface>',
  );
  expect(plain(await bridgedXml(device, { ...options, stp: false }))).toContain(
    '<bridge stp="off"><interface',
  );
  const { name, xml } = await unbridgedXml(bridged, 'br0');
  expect(name).toBe('eth0');
  expect(plain(xml)).toContain('<interface type="ethernet" name="eth0"><start mode="onboot"/>');
  expect(plain(xml)).toMatch(/<\/bridge><mac address="aa:bb:cc:dd:ee:ff"\/><\/interface>$/);
});

test('what is no single device is refused in virsh’s words', async () => {
  const options = { name: 'eth0', bridge: 'br0', stp: true, delay: 0 };
  const one = '<interface type="ethernet" name="a"/>';
  const bridge = (inside: string): string => `<interface type='bridge' name='br0'>${inside}</interface>`;
  const cases: [Promise<unknown>, string][] = [
    [bridgedXml("<interface name='eth0'/>", options), 'Existing device eth0 has no type'],
    [bridgedXml(bridge(''), options), 'Existing device eth0 is already a bridge'],
    [
      bridgedXml(device.replace('eth0', 'x'), options),
      "Interface name from config x doesn't match given supplied name eth0",
    ],
    [unbridgedXml(device, 'eth0'), 'Device eth0 is not a bridge'],
    [unbridgedXml(bridge(''), 'br0'), 'No bridge node in xml document'],
    [unbridgedXml(bridge('<bridge/>'), 'br0'), 'No interface attached to bridge'],
    [unbridgedXml(bridge(`<bridge>${one}${one}</bridge>`), 'br0'), 'Multiple interfaces attached to bridge'],
    [
      unbridgedXml(bridge('<bridge><interface type="x"/></bridge>'), 'br0'),
      'Device attached to bridge br0 has no name',
    ],
  ];
  for (const [attempt, message] of cases) await expect(attempt).rejects.toThrow(message);
});
