import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { DOMParser, type Element, XMLSerializer } from '@xmldom/xmldom';

/** libvirt's own schema, where its packages put it. */
export const SCHEMA = '/usr/share/libvirt/schemas/domainsnapshot.rng';
const TIMEOUT_MS = 20_000;

/**
 * Checks a domainsnapshot document as --validate asks for: against libvirt's schema where that and xmllint are
 * installed, else against what the schema says of the document's own elements.
 * @param diskNames names that a disk may have here beyond those that libvirt's schema allows (`vda`, `/path`).
 * @returns what is wrong, a line each; none if it is valid.
 */
export async function validateSnapshotXml(
  xml: string,
  diskNames: readonly string[],
  schema = SCHEMA,
): Promise<readonly string[]> {
  const root = new DOMParser({ onError: () => undefined }).parseFromString(xml, 'text/xml').documentElement;
  if (!root) return ['Document is empty'];
  const names = disksOf(root).filter((disk) => diskNames.includes(disk.getAttribute('name') ?? ''));
  for (const disk of names) disk.setAttribute('name', 'vda');
  return (await againstSchema(new XMLSerializer().serializeToString(root), schema)) ?? againstTable(root);
}

/** @returns undefined if there is no schema, or nothing to check against it with. */
async function againstSchema(xml: string, schema: string): Promise<string[] | undefined> {
  if (
    !(await access(schema).then(
      () => true,
      () => false,
    ))
  )
    return undefined;
  const child = spawn('xmllint', ['--noout', '--nonet', '--relaxng', schema, '-'], {
    stdio: ['pipe', 'ignore', 'pipe'],
    timeout: TIMEOUT_MS,
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(0, 65_536);
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(xml);
  try {
    const [status] = await once(child, 'close');
    if (status === 0) return [];
    // 1 parse error, 3 and 4 validity errors (xmllint(1)); anything else is its own trouble.
    if (status !== 1 && status !== 3 && status !== 4) return undefined;
  } catch {
    return undefined;
  }
  const reasons = [...said.matchAll(/(?:validity|parser) error : (.*)/g)].map((match) => match[1] ?? '');
  return reasons.length > 0 ? reasons : ['Document is invalid'];
}

/** Values of an attribute; `text` is any that is not empty, `path` an absolute path. */
type Values = readonly string[] | 'text' | 'path';

interface Rule {
  readonly children: readonly string[];
  readonly attributes: Readonly<Record<string, Values>>;
  readonly required?: readonly string[];
}

const formats = 'raw dir bochs cloop dmg iso vpc vdi fat vhd ploop cow qcow qcow2 qed vmdk'.split(' ');

/** The schema's own elements, by the path below the root. What is inside a domain is libvirt's to judge. */
const rules: Readonly<Record<string, Rule>> = {
  '': {
    children:
      'name description state creationTime memory disks active domain inactiveDomain parent cookie'.split(
        ' ',
      ),
    attributes: {},
  },
  memory: { children: [], attributes: { snapshot: ['no', 'internal', 'external'], file: 'path' } },
  parent: { children: ['name'], attributes: {} },
  disks: { children: ['disk'], attributes: {} },
  'disks/disk': {
    children: ['source', 'driver'],
    attributes: {
      name: 'text',
      snapshot: ['no', 'internal', 'external', 'manual'],
      type: ['file', 'block', 'network'],
    },
    required: ['name'],
  },
  'disks/disk/source': {
    children: ['seclabel', 'encryption', 'reservations', 'slices', 'host', 'snapshot', 'config', 'auth'],
    attributes: {
      file: 'path',
      dev: 'path',
      startupPolicy: 'text',
      index: 'text',
      protocol: 'text',
      name: 'text',
    },
  },
  'disks/disk/driver': { children: ['metadata_cache'], attributes: { type: formats } },
};
const states = 'running blocked paused shutdown shutoff crashed disk-snapshot'.split(' ');
const repeated = new Set(['disk', 'host', 'seclabel']);

function againstTable(root: Element): string[] {
  if (root.nodeName !== 'domainsnapshot') {
    return [`Expecting element domainsnapshot, got ${root.nodeName}`];
  }
  const wrong = check(root, '');
  const [state] = elements(root, 'state');
  if (state && !states.includes(state.textContent ?? '')) {
    wrong.push('Element domainsnapshot failed to validate content: state');
  }
  return wrong;
}

function check(element: Element, path: string): string[] {
  const rule = rules[path];
  if (!rule) return [];
  const wrong: string[] = [];
  const { nodeName } = element;
  for (const name of rule.required ?? []) {
    if (!element.getAttribute(name)) wrong.push(`Element ${nodeName} failed to validate attributes`);
  }
  for (const { name, value } of Array.from(element.attributes)) {
    const values = rule.attributes[name];
    if (!values) wrong.push(`Invalid attribute ${name} for element ${nodeName}`);
    else if (!fits(value, values)) wrong.push(`Element ${nodeName} failed to validate attributes`);
  }
  const seen = new Set<string>();
  for (const child of elements(element)) {
    const again = seen.has(child.nodeName) && !repeated.has(child.nodeName);
    if (!rule.children.includes(child.nodeName) || again) {
      wrong.push(`Element ${nodeName} has extra content: ${child.nodeName}`);
    } else wrong.push(...check(child, path === '' ? child.nodeName : `${path}/${child.nodeName}`));
    seen.add(child.nodeName);
  }
  return wrong;
}

function fits(value: string, values: Values): boolean {
  if (values === 'text') return value !== '';
  return values === 'path' ? value.startsWith('/') : values.includes(value);
}

const disksOf = (root: Element): Element[] =>
  elements(root, 'disks').flatMap((list) => elements(list, 'disk'));

const elements = (parent: Element, name?: string): Element[] =>
  Array.from(parent.childNodes).filter(
    (node): node is Element => node.nodeType === 1 && (name === undefined || node.nodeName === name),
  );
