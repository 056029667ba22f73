import { DOMParser, type Element, type Node, XMLSerializer } from '@xmldom/xmldom';
import type { DocumentFacts, DocumentStore } from './document-store.js';
import { childrenOf } from './snapshot-tree.js';

/** A document with another parent, or none; the rest of it, which may be anybody's, stays as it is. */
export function withParent(xml: string, parent: string | undefined): string {
  const document = new DOMParser().parseFromString(xml, 'text/xml');
  const root = document.documentElement;
  if (!root) return xml;
  for (const old of elements(root, 'parent')) {
    const before = old.previousSibling;
    // The white space that set it off goes with it.
    if (before?.nodeType === before?.TEXT_NODE && !before?.nodeValue?.trim())
      root.removeChild(before as Node);
    root.removeChild(old);
  }
  if (parent !== undefined) {
    const name = document.createElement('name');
    name.appendChild(document.createTextNode(parent));
    const element = document.createElement('parent');
    for (const part of ['\n    ', name, '\n  ']) {
      element.appendChild(typeof part === 'string' ? document.createTextNode(part) : part);
    }
    const [anchor] = [...elements(root, 'creationTime'), ...elements(root, 'memory')];
    root.insertBefore(element, anchor ?? null);
    root.insertBefore(document.createTextNode('\n  '), anchor ?? null);
  }
  return new XMLSerializer().serializeToString(document);
}

const elements = (root: Element, name: string): Element[] =>
  Array.from(root.childNodes).filter((node): node is Element => node.nodeName === name);

/** Takes a snapshot or checkpoint out of the store; its children get its parent, and if it was the current one, so does that. */
export async function forgetSnapshot<T extends DocumentFacts>(
  store: DocumentStore<T>,
  name: string,
): Promise<void> {
  const found = await store.find(name);
  if (!found) return;
  const { parent } = found.description;
  const wasCurrent = (await store.current()) === name;
  for (const child of childrenOf(await store.list(), name)) {
    await store.put(child.name, withParent(child.xml, parent));
  }
  // Before it goes: a current one that doesn't exist would be none.
  if (wasCurrent) await store.setCurrent(parent);
  await store.remove(name);
}
