import type { Element } from '@xmldom/xmldom';
import { refusal } from '../block/refusals.js';
import { attributeOf, refuseUnknown, sizeOf, textOf, xmlError } from './device-xml.js';
import { aliasFor, type Place, type Plan } from './plan.js';

/** A module of memory. @throws HypervisorError in libvirt's words. */
export function planMemory(root: Element, place: Place): Plan {
  refuseUnknown(root, 'target');
  const model = root.getAttribute('model');
  if (!model) throw xmlError("Missing required attribute 'model' in element 'memory'");
  if (!['dimm', 'nvdimm', 'virtio-pmem', 'virtio-mem', 'sgx-epc'].includes(model))
    throw xmlError(`Invalid value for attribute 'model' in element 'memory': '${model}'.`);
  if (model !== 'dimm')
    throw refusal('configuration', `a memory device of model '${model}' is not possible here`);
  const size = sizeOf(root, 'target', 'size');
  if (size === undefined) throw xmlError("missing element or attribute './size'");
  const node = textOf(root, 'target', 'node');
  const slot = attributeOf(root, 'slot', 'address');
  const id = aliasFor(root, 'dimm', place);
  const memdev = `mem${id}`;
  return {
    id,
    backends: [
      { kind: 'object', id: memdev, options: { 'qom-type': 'memory-backend-ram', size: Number(size) } },
    ],
    device: {
      driver: 'pc-dimm',
      memdev,
      ...(node === undefined ? {} : { node: Number(node) }),
      ...(slot === undefined ? {} : { slot: Number(slot) }),
    },
    on: 'own',
  };
}
