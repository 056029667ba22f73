import { keyLabel, keymap } from './keymap.js';
import { lineForms } from './line-forms.js';

const WIDTH = 28;

const row = (left: string, right: string): string => `    ${left.padEnd(WIDTH)} ${right}\n`;

/** What `help keys` prints: the table of keys, and what a line may be. */
export function keysHelp(): string {
  const groups = keymap.map(({ title, bindings }) => {
    const rows = bindings.map(({ keys, help }) => row(keys.map(keyLabel).join(', '), help));
    return ` ${title}:\n${rows.join('')}`;
  });
  const forms = lineForms.map(({ form, help }) => row(form, help));
  const note = '    Such a sign counts between blanks, after a command, outside quotes.\n';
  return `Keys of the interactive shell:\n\n${groups.join('\n')}\n Lines:\n${forms.join('')}${note}\n`;
}
