import { displayWidth, graphemes } from '../editor/index.js';

/** A text cut to a width, with an ellipsis where something is missing. @param pad fills it up with blanks. */
export function fitText(text: string, width: number, pad = false): string {
  const full = displayWidth(text);
  if (full <= width) return pad ? text + ' '.repeat(width - full) : text;
  if (width <= 0) return '';
  let cut = '';
  let taken = 0;
  for (const character of graphemes(text)) {
    const next = displayWidth(character);
    if (taken + next > width - 1) break;
    cut += character;
    taken += next;
  }
  return `${cut}…${pad ? ' '.repeat(width - 1 - taken) : ''}`;
}
