import type { Element } from '@xmldom/xmldom';
import { refusal } from '../../block/refusals.js';
import { findInterface } from '../../plug/detach.js';
import { attributeOf } from '../../plug/device-xml.js';
import type { Guest } from '../../snapshot/guest.js';
import { interfaceModel, interfaceType } from './interface-xml.js';
import { noteLink } from './link-states.js';

/** Whether an <interface> is to have its cable plugged in. */
export const isUp = (root: Element): boolean => attributeOf(root, 'state', 'link') !== 'down';

/** Plugs a network card's cable in or out. */
export async function setLink(guest: Guest, name: string, up: boolean): Promise<void> {
  await guest.qmp.execute('set_link', { name, up });
  await noteLink(guest, name, up);
}

/**
 * Changes a network card into the one that an <interface> describes: its cable is all that can be changed.
 * @throws HypervisorError in libvirt's words.
 */
export async function updateInterface(guest: Guest, root: Element): Promise<void> {
  const card = await findInterface(guest.qmp, root);
  const [model, type] = [attributeOf(root, 'type', 'model'), root.getAttribute('type')];
  const changed = (what: string, from: string, to: string): Error =>
    refusal('unsupported', `cannot modify network device ${what} from ${from} to ${to}`);
  if (model !== undefined && model !== interfaceModel(card))
    throw changed('model', interfaceModel(card), model);
  if (type && type !== interfaceType(card))
    throw refusal('unsupported', `cannot change network interface type to '${type}'`);
  await setLink(guest, card.name, isUp(root));
}
