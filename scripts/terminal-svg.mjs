/** Sizes of one character cell, in pixels, and the space around the screen. */
const CELL = { width: 8.4, height: 18, font: 14 };
const MARGIN = 14;

/** The 16 colours, on a dark background. */
const PALETTE = [
  '#3b4252',
  '#e06c75',
  '#98c379',
  '#e5c07b',
  '#61afef',
  '#c678dd',
  '#56b6c2',
  '#d8dee9',
  '#6b7489',
  '#ff7b86',
  '#b5e890',
  '#ffd787',
  '#82c4ff',
  '#df9bf0',
  '#7fdbe6',
  '#ffffff',
];
const BACKGROUND = '#1e222a';
const FOREGROUND = '#d8dee9';

/**
 * A picture of a terminal's screen.
 * @param {readonly string[]} rows as `tmux capture-pane -e` gives them: text with SGR sequences
 * @param {number} columns
 * @param {(text: string) => number} widthOf columns of a text
 * @param {string} title for those who can't see it
 */
export function terminalSvg(rows, columns, widthOf, title) {
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN);
  const height = Math.ceil(rows.length * CELL.height + 2 * MARGIN);
  const lines = rows.map((row, index) => rowSvg(row, MARGIN + index * CELL.height, widthOf));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escapeXml(title)}</title>
<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${CELL.font}" fill="${FOREGROUND}" xml:space="preserve">
${lines.filter(Boolean).join('\n')}
</g>
</svg>
`;
}

function rowSvg(row, top, widthOf) {
  let column = 0;
  let svg = '';
  for (const { text, style } of runs(row)) {
    const x = (MARGIN + column * CELL.width).toFixed(1);
    const wide = widthOf(text);
    const length = (wide * CELL.width).toFixed(1);
    column += wide;
    const [front, back] = style.inverse
      ? [style.back ?? BACKGROUND, style.front ?? FOREGROUND]
      : [style.front, style.back];
    if (back) svg += `<rect x="${x}" y="${top}" width="${length}" height="${CELL.height}" fill="${back}"/>`;
    if (text.trim() === '') continue;
    const attributes = [
      front ? ` fill="${front}"` : '',
      style.bold ? ' font-weight="bold"' : '',
      style.dim ? ' opacity="0.6"' : '',
    ].join('');
    const base = (top + CELL.height * 0.74).toFixed(1);
    svg += `<text x="${x}" y="${base}" textLength="${length}" lengthAdjust="spacingAndGlyphs"${attributes}>${escapeXml(text)}</text>`;
  }
  return svg;
}

/** Pieces of a row that look the same. */
function* runs(row) {
  let style = {};
  for (const part of row.split(/(\x1b\[[\d;:]*m)/)) {
    const codes = /^\x1b\[([\d;:]*)m$/.exec(part)?.[1];
    if (codes !== undefined) style = restyled(style, codes.split(/[;:]/).map(Number));
    else if (part !== '') yield { text: part, style };
  }
}

/** A style after an SGR sequence (ECMA-48, and xterm's 256 and direct colours). */
function restyled(before, codes) {
  let style = { ...before };
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index];
    if (code === 0) style = {};
    else if (code === 1) style.bold = true;
    else if (code === 2) style.dim = true;
    else if (code === 22) style.bold = style.dim = false;
    else if (code === 7) style.inverse = true;
    else if (code === 27) style.inverse = false;
    else if (code >= 30 && code <= 37) style.front = PALETTE[code - 30];
    else if (code >= 90 && code <= 97) style.front = PALETTE[code - 82];
    else if (code === 39) style.front = undefined;
    else if (code >= 40 && code <= 47) style.back = PALETTE[code - 40];
    else if (code === 49) style.back = undefined;
    else if (code === 38 || code === 48) {
      const [kind, ...rest] = codes.slice(index + 1);
      const colour = kind === 5 ? PALETTE[rest[0]] : `rgb(${rest.slice(0, 3).join(',')})`;
      if (code === 38) style.front = colour;
      else style.back = colour;
      index += kind === 5 ? 2 : 4;
    }
  }
  return style;
}

const ENTITIES = { '<': '&lt;', '>': '&gt;', '&': '&amp;' };
const escapeXml = (text) => text.replace(/[<>&]/g, (character) => ENTITIES[character]);
