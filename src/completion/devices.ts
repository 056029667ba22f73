import { VIR_DOMAIN_XML_INACTIVE } from '../hypervisor/constants.js';
import type { Candidate } from './candidate.js';
import type { Completer, CompletionRequest } from './completer.js';
import { domainOnLine } from './domains.js';
import { attribute, children, parseXml } from './xml.js';

/** Devices of one kind in the XML of the domain on the line. */
async function devicesOf(request: CompletionRequest, kind: string, flags: number): Promise<Element[]> {
  const xml = await (await domainOnLine(request)).getXMLDesc(flags);
  const root = (await parseXml(xml)).documentElement;
  return children(root, 'devices').flatMap((devices) => children(devices, kind));
}

/** Target names of the domain's disks: vda, sdb… */
export const diskTarget: Completer = async (request) => {
  const disks = await devicesOf(request, 'disk', 0);
  return disks.flatMap((disk): Candidate[] => {
    const text = children(disk, 'target').map((target) => attribute(target, 'dev'))[0];
    if (!text) return [];
    const [source] = children(disk, 'source');
    const help =
      source && (attribute(source, 'file') || attribute(source, 'dev') || attribute(source, 'name'));
    return [{ text, ...(help ? { help } : {}) }];
  });
};

/** Target devices of the domain's network interfaces; MAC addresses where they have no device. */
export const networkInterface: Completer = async (request) => {
  const inactive =
    request.command.options.some(({ name }) => name === 'config') && request.given('config').length > 0;
  const interfaces = await devicesOf(request, 'interface', inactive ? VIR_DOMAIN_XML_INACTIVE : 0);
  return interfaces.flatMap((device): Candidate[] => {
    const dev = children(device, 'target').map((target) => attribute(target, 'dev'))[0];
    const mac = children(device, 'mac').map((each) => attribute(each, 'address'))[0];
    const text = dev || mac;
    return text ? [{ text, ...(dev && mac ? { help: mac } : {}) }] : [];
  });
};

/** Where the guest has mounted file systems, as its agent says. */
export const mountpoint: Completer = async (request) => {
  const systems = await (await domainOnLine(request)).getFSInfo(0);
  return systems.map((system) => ({ text: system.mountpoint, help: system.fstype }));
};
