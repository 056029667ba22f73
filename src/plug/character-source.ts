import type { Element } from '@xmldom/xmldom';
import { refusal } from '../block/refusals.js';
import { childElements } from '../block/xml-document.js';
import { escapeXml } from '../snapshot/snapshot-xml.js';
import type { PlannedBackend } from './backend.js';
import { attributeOf, xmlError } from './device-xml.js';

/** The attributes of <source>, in libvirt's order. */
type Source = Readonly<Record<string, string>>;

/** What a character device is connected to: libvirt's type, and its <source>. */
export interface CharacterSource {
  readonly type: string;
  readonly source: Source;
  /** Whether somebody is at the other end of a socket. */
  readonly connected: boolean;
}

/**
 * The character device that an element describes, as chardev-add takes it.
 * @throws HypervisorError in libvirt's words.
 */
export function planCharacterDevice(root: Element, type: string, id: string): PlannedBackend {
  return { kind: 'chardev', id, options: { backend: backendOf(root, type) } };
}

function backendOf(root: Element, type: string): { type: string; data: unknown } {
  const required = (name: string, source: Element | undefined): string => {
    const value = source?.getAttribute(name);
    if (value) return value;
    throw xmlError(`Missing source ${name} attribute for char device`);
  };
  const [source] = childElements(root, 'source');
  switch (type) {
    case 'null':
    case 'pty':
    case 'spicevmc':
      return { type, data: type === 'spicevmc' ? { type: 'vdagent' } : {} };
    case 'file': {
      const append = attributeOf(root, 'append', 'source') === 'on';
      return { type, data: { out: required('path', source), append } };
    }
    case 'unix':
    case 'tcp': {
      const server =
        source?.getAttribute('mode') === 'bind' || (type === 'unix' && !source?.getAttribute('mode'));
      const addr =
        type === 'unix'
          ? { type: 'unix', data: { path: required('path', source) } }
          : { type: 'inet', data: { host: required('host', source), port: required('service', source) } };
      const telnet = attributeOf(root, 'type', 'protocol') === 'telnet';
      // One that listens is not waited for: QEMU would answer nobody until somebody has come.
      return { type: 'socket', data: { addr, server, ...(server ? { wait: false } : {}), telnet } };
    }
    default:
      throw refusal('configuration', `a character device of type '${type}' is not possible here`);
  }
}

/** What QEMU tells of a character device, in libvirt's terms; undefined where it can't be told. */
export function readCharacterSource(filename: string): CharacterSource | undefined {
  const connected = !filename.startsWith('disconnected:');
  const [, kind = '', rest = ''] = /^(?:disconnected:)?([^:]+)(?::(.*))?$/s.exec(filename) ?? [];
  const told = (type: string, source: Source): CharacterSource => ({ type, source, connected });
  // A socket with somebody at the other end is followed by who that is.
  const place = rest.replace(/ <-> .*$/s, '').replace(/,server(=on)?$/, '');
  const mode = /,server(=on)?( <-> .*)?$/s.test(rest) ? 'bind' : 'connect';
  switch (kind) {
    case 'pty':
      return told('pty', { path: rest });
    case 'file':
    case 'null':
    case 'spicevmc':
      return told(kind, {});
    case 'unix':
      return told('unix', { mode, path: place });
    case 'tcp': {
      const [, host = '', service = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(place) ?? [];
      return told('tcp', { mode, host, service });
    }
    default:
      return undefined;
  }
}

/** The <source> of a character device. */
export function sourceLines({ source }: CharacterSource): string[] {
  const attributes = Object.entries(source).map(([name, value]) => ` ${name}='${escapeXml(value)}'`);
  return attributes.length === 0 ? [] : [`  <source${attributes.join('')}/>`];
}
