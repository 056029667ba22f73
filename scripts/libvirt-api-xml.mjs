/**
 * Reads libvirt's machine-readable API descriptions (package libvirt-dev): the enums, macros and functions in
 * them, as plain data. The files are flat enough for a small scanner, and no XML library is needed.
 */
import { existsSync, readFileSync } from 'node:fs';

const FOLDER = '/usr/share/libvirt/api';

/** The two descriptions the binding is generated from. */
export const API_FILES = [`${FOLDER}/libvirt-api.xml`, `${FOLDER}/libvirt-qemu-api.xml`];

/** True if the descriptions are installed. */
export const apiFilesInstalled = () => API_FILES.every((file) => existsSync(file));

const decodeEntities = (text) =>
  text.replace(
    /&(lt|gt|quot|apos|amp);/g,
    (_, name) => ({ lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' })[name],
  );

const attributes = (tag) =>
  Object.fromEntries(
    [...tag.matchAll(/([\w:]+)=(?:'([^']*)'|"([^"]*)")/g)].map((match) => [
      match[1],
      decodeEntities(match[2] ?? match[3]),
    ]),
  );

/**
 * @returns {{enums: {name: string, value: string, type?: string}[], macros: {name: string, string?: string,
 *   raw?: string, file: string}[], functions: {name: string, returns: string, args: {name: string,
 *   type: string}[]}[]}}
 */
export function readApi(file) {
  const text = readFileSync(file, 'utf8');
  const symbols = text.slice(text.indexOf('<symbols>'));
  return {
    enums: [...symbols.matchAll(/<enum ([^>]*)>/g)].map((match) => attributes(match[1])),
    macros: [...symbols.matchAll(/<macro ([^>]*)>/g)].map((match) => attributes(match[1])),
    functions: [...symbols.matchAll(/<function ([^>]*)>([\s\S]*?)<\/function>/g)].map((match) => ({
      name: attributes(match[1]).name,
      returns: attributes(/<return ([^>]*)>/.exec(match[2])[1]).type,
      args: [...match[2].matchAll(/<arg ([^>]*)>/g)].map((arg) => attributes(arg[1])),
    })),
  };
}

/** Writes `text` to `file`, or with --check exits 1 if the file does not already hold exactly that. */
export async function writeOrCheck(file, text) {
  const { writeFile, readFile } = await import('node:fs/promises');
  if (!process.argv.includes('--check')) return writeFile(file, text);
  if ((await readFile(file, 'utf8').catch(() => '')) === text) return undefined;
  process.stderr.write(`${file} is stale: run the generator again\n`);
  process.exitCode = 1;
  return undefined;
}
