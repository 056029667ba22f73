import { basename } from 'node:path';

/** A text that may tell of files: a domain's description, a snapshot's document, a journal. */
export interface Document {
  /** What it is, for people: `the description of domain 'web'`. */
  readonly title: string;
  readonly text: string;
}

/** How a name may be spelt in a document: as it is, in XML, in JSON, in an option of QEMU's, in a URI. */
function spellings(name: string): Set<string> {
  const xml = name.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
  return new Set([
    name,
    xml,
    xml.replace(/'/g, '&apos;').replace(/"/g, '&quot;'),
    xml.replace(/'/g, '&#39;').replace(/"/g, '&#34;'),
    JSON.stringify(name).slice(1, -1),
    name.replaceAll(',', ',,'),
    JSON.stringify(name.replaceAll(',', ',,')).slice(1, -1),
    encodeURI(name),
    encodeURIComponent(name),
  ]);
}

const escapePattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * Finds a document that tells of a file, by its name alone: the same file may be reached by many paths. Another file of
 * the same name counts as well, which is a mistake on the safe side.
 */
export function mentionOf(file: string, documents: readonly Document[]): Document | undefined {
  const names = [...spellings(basename(file))].map(escapePattern).join('|');
  // Whole names only: disk.s1 is not told of by disk.s10.
  const whole = new RegExp(`(?<![\\w.-])(?:${names})(?![\\w.-])`, 'u');
  return documents.find(({ text }) => whole.test(text));
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', apos: "'", quot: '"' };

/** Absolute paths that stand in quotes in a document: all that XML and JSON can tell of. */
export function pathsIn({ text }: Document): Set<string> {
  const paths = new Set<string>();
  for (const [, single, double] of text.matchAll(/'(\/[^'\n]*)'|"(\/(?:[^"\\\n]|\\.)*)"/g)) {
    const raw = single ?? double ?? '';
    paths.add(raw.replace(/&(amp|lt|gt|apos|quot);/g, (_, name: string) => entities[name] ?? ''));
    if (double?.includes('\\')) paths.add(fromJson(double));
  }
  return paths;
}

function fromJson(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}
