import type { Element } from '@xmldom/xmldom';
import { VIR_DOMAIN_XML_INACTIVE } from '../hypervisor/constants.js';
import { attributeAt, elementsAt, parseXml } from '../shell/index.js';
import type { Candidate } from './candidate.js';
import type { Completer, CompletionRequest } from './completer.js';
import { domainOnLine } from './domains.js';

/** Devices of one kind in the XML of the domain on the line. */
async function devicesOf(request: CompletionRequest, kind: string, flags: number): Promise<Element[]> {
  const domain = await domainOnLine(request);
  return elementsAt(await parseXml(await domain.getXMLDesc(flags)), 'devices', kind);
}

const candidate = (text: string | undefined, help: string | undefined): Candidate[] =>
  text === undefined ? [] : [{ text, ...(help === undefined ? {} : { help }) }];

/** Target names of the domain's disks: vda, sdb… */
export const diskTarget: Completer = async (request) =>
  (await devicesOf(request, 'disk', 0)).flatMap((disk) =>
    candidate(attributeAt(disk, ['target'], 'dev'), attributeAt(disk, ['source'], 'file', 'dev', 'name')),
  );

/** Target devices of the domain's network interfaces; MAC addresses where they have no device. */
export const networkInterface: Completer = async (request) => {
  const flags = request.given('config').length > 0 ? VIR_DOMAIN_XML_INACTIVE : 0;
  return (await devicesOf(request, 'interface', flags)).flatMap((device) => {
    const mac = attributeAt(device, ['mac'], 'address');
    const dev = attributeAt(device, ['target'], 'dev');
    return dev === undefined ? candidate(mac, undefined) : candidate(dev, mac);
  });
};

/** MAC addresses of the domain's network interfaces. */
export const interfaceMAC: Completer = async (request) =>
  (await devicesOf(request, 'interface', 0)).flatMap((device) =>
    candidate(attributeAt(device, ['mac'], 'address'), attributeAt(device, ['target'], 'dev')),
  );

/** Numbers of the domain's virtual CPUs. */
export const vcpu: Completer = async (request) => {
  const [count] = elementsAt(await parseXml(await (await domainOnLine(request)).getXMLDesc(0)), 'vcpu');
  return Array.from({ length: Number(count?.textContent ?? 0) }, (_, number) => ({ text: String(number) }));
};

/** Aliases of all devices of the domain that have one. */
export const deviceAlias: Completer = async (request) => {
  const domain = await domainOnLine(request);
  const [devices] = elementsAt(await parseXml(await domain.getXMLDesc(0)), 'devices');
  return Array.from(devices?.getElementsByTagName('alias') ?? []).flatMap((alias) =>
    candidate(alias.getAttribute('name') ?? undefined, alias.parentNode?.nodeName),
  );
};

/** Aliases of the domain's serial lines and consoles; a console that is a serial line has the same one. */
export const consoleDevice: Completer = async (request) => {
  const domain = await domainOnLine(request);
  const [devices] = elementsAt(await parseXml(await domain.getXMLDesc(0)), 'devices');
  const lines = devices ? ['serial', 'console'].flatMap((kind) => elementsAt(devices, kind)) : [];
  const found = new Map(
    lines.map((line) => [attributeAt(line, ['alias'], 'name'), attributeAt(line, ['source'], 'path')]),
  );
  return [...found].flatMap(([alias, path]) => candidate(alias, path));
};

/** Where the guest has mounted file systems, as its agent says. */
export const mountpoint: Completer = async (request) => {
  const systems = await (await domainOnLine(request)).getFSInfo(0);
  return systems.map((system) => ({ text: system.mountpoint, help: system.fstype }));
};
