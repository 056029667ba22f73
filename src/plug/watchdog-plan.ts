import type { Element } from '@xmldom/xmldom';
import { refusal } from '../block/refusals.js';
import { refuseUnknown } from './device-xml.js';
import { aliasFor, type Place, type Plan } from './plan.js';

const actions = ['reset', 'shutdown', 'poweroff', 'pause', 'none', 'inject-nmi'];

/** A watchdog, and what QEMU does when it barks. @throws HypervisorError in libvirt's words. */
export function planWatchdog(root: Element, place: Place): Plan & { readonly action: string } {
  refuseUnknown(root);
  const model = root.getAttribute('model') ?? '';
  if (!['i6300esb', 'ib700', 'diag288', 'itco'].includes(model))
    throw refusal('configuration', `unknown watchdog model '${model}'`);
  const action = root.getAttribute('action') || 'reset';
  if (![...actions, 'dump'].includes(action))
    throw refusal('configuration', `unknown watchdog action '${action}'`);
  if (action === 'dump') throw refusal('configuration', "a watchdog's action 'dump' is not possible here");
  if (model === 'diag288')
    throw refusal('configuration', 'diag288 model of watchdog is allowed for s390 and s390x only');
  if (place.present.some(({ element }) => element === 'watchdog'))
    throw refusal('now', 'domain already has a watchdog');
  if (model !== 'i6300esb')
    throw refusal('unsupported', `hotplug of watchdog of model ${model} is not supported`);
  return {
    id: aliasFor(root, 'watchdog', place),
    backends: [],
    device: { driver: model },
    on: 'pci',
    action,
  };
}
