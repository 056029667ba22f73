import type { Element } from '@xmldom/xmldom';
import { refusal } from '../block/refusals.js';
import { childElements } from '../block/xml-document.js';
import type { PlannedBackend } from './backend.js';
import { planCharacterDevice } from './character-source.js';
import { attributeOf, elementAt, refuseUnknown, textOf, xmlError } from './device-xml.js';
import { aliasFor, type Place, type Plan } from './plan.js';

/** A source of random numbers. @throws HypervisorError in libvirt's words. */
export function planRng(root: Element, place: Place): Plan {
  refuseUnknown(root, 'rate', 'backend');
  const model = root.getAttribute('model') ?? '';
  if (!/^virtio(-(non-)?transitional)?$/.test(model))
    throw refusal('configuration', `unknown RNG model '${model}'`);
  const [backend, ...others] = childElements(root, 'backend');
  if (!backend || others.length > 0) throw xmlError('only one RNG backend is supported');
  const id = aliasFor(root, 'rng', place);
  const bytes = attributeOf(root, 'bytes', 'rate');
  const period = attributeOf(root, 'period', 'rate');
  return {
    id,
    backends: backendsOf(backend, id),
    device: {
      driver: model.replace('virtio', 'virtio-rng-pci'),
      rng: `obj${id}`,
      ...(bytes === undefined ? {} : { 'max-bytes': Number(bytes), period: Number(period ?? 1000) }),
    },
    on: 'pci',
  };
}

function backendsOf(backend: Element, id: string): PlannedBackend[] {
  const object = (type: string, options: object): PlannedBackend => ({
    kind: 'object',
    id: `obj${id}`,
    options: { 'qom-type': type, ...options },
  });
  const model = backend.getAttribute('model');
  switch (model) {
    case 'random':
      return [object('rng-random', { filename: textOf(backend) ?? '/dev/random' })];
    case 'builtin':
      return [object('rng-builtin', {})];
    case 'egd': {
      const type = backend.getAttribute('type');
      if (!type || !elementAt(backend, 'source')) throw xmlError('missing EGD backend type');
      const chardev = planCharacterDevice(backend, type, `char${id}`);
      return [chardev, object('rng-egd', { chardev: chardev.id })];
    }
    default:
      throw refusal('configuration', `unknown RNG backend model '${model ?? ''}'`);
  }
}
