/**
 * What a terminal in raw mode sends, as keys. A key's name is its plain name (`up`, `enter`, `f2`, `a`) with
 * `ctrl-`, `alt-` and `shift-` in front, in this order, as the keymap spells it.
 */
export type Key =
  /** Something to insert: one or more characters typed at once. */
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'key'; readonly name: string }
  /** A bracketed paste, line ends as `\n`. */
  | { readonly kind: 'paste'; readonly text: string };

const PASTE_START = '\x1b[200~';
const PASTE_END = '\x1b[201~';

/** Final letters of CSI and SS3 sequences (xterm's "PC-style" and "VT220-style" function keys). */
const LETTERS: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
  Z: 'shift-tab',
  M: 'enter',
};

/** Numbers before `~`. */
const NUMBERS: Readonly<Record<string, string>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'pageup',
  6: 'pagedown',
  7: 'home',
  8: 'end',
  11: 'f1',
  12: 'f2',
  13: 'f3',
  14: 'f4',
  15: 'f5',
  17: 'f6',
  18: 'f7',
  19: 'f8',
  20: 'f9',
  21: 'f10',
  23: 'f11',
  24: 'f12',
};

const CONTROLS: Readonly<Record<string, string>> = {
  '\0': 'ctrl-space',
  '\t': 'tab',
  '\r': 'enter',
  '\n': 'enter',
  '\x1b': 'escape',
  '\x1c': 'ctrl-\\',
  '\x1d': 'ctrl-]',
  '\x1e': 'ctrl-^',
  '\x1f': 'ctrl-_',
  '\x7f': 'backspace',
  '\b': 'backspace',
};

const isControl = (char: string): boolean => char < ' ' || char === '\x7f';

function controlName(char: string): string {
  return CONTROLS[char] ?? `ctrl-${String.fromCharCode(char.charCodeAt(0) + 96)}`;
}

/** xterm's modifier parameter: 1 + 1 for Shift, 2 for Alt, 4 for Control. */
function withModifiers(name: string, parameter: string | undefined): string {
  const bits = Number(parameter ?? '1') - 1;
  if (!(bits > 0)) return name;
  return `${bits & 4 ? 'ctrl-' : ''}${bits & 2 ? 'alt-' : ''}${bits & 1 ? 'shift-' : ''}${name}`;
}

/**
 * Cuts a terminal's input into keys, whatever pieces it comes in. An escape at the end of a piece may be the
 * Escape key or the beginning of a sequence: the caller decides when to stop waiting and calls `flush`.
 */
export class KeyDecoder {
  #rest = '';

  /** Something is held back that may go on. A paste is waited for without end. */
  get waiting(): boolean {
    return this.#rest !== '' && !this.#rest.startsWith(PASTE_START);
  }

  push(text: string): Key[] {
    this.#rest += text;
    return this.#take(false);
  }

  /** Nothing more comes of what is held back: an Escape key, or letters after one. */
  flush(): Key[] {
    return this.waiting ? this.#take(true) : [];
  }

  #take(final: boolean): Key[] {
    const keys: Key[] = [];
    for (;;) {
      const step = this.#one(final);
      if (!step) return keys;
      this.#rest = this.#rest.slice(step.length);
      if (step.key) keys.push(step.key);
    }
  }

  #one(final: boolean): { key?: Key; length: number } | undefined {
    const rest = this.#rest;
    const first = rest[0];
    if (first === undefined) return undefined;
    if (first !== '\x1b') {
      if (isControl(first)) return { key: { kind: 'key', name: controlName(first) }, length: 1 };
      const text = (/^[^\x00-\x1f\x7f]+/.exec(rest) as RegExpExecArray)[0];
      return { key: { kind: 'text', text }, length: text.length };
    }
    if (rest.startsWith(PASTE_START)) return pasteIn(rest);
    return sequenceIn(rest, final);
  }
}

function pasteIn(rest: string): { key: Key; length: number } | undefined {
  const end = rest.indexOf(PASTE_END);
  if (end < 0) return undefined;
  const text = rest.slice(PASTE_START.length, end).replace(/\r\n?/g, '\n');
  return { key: { kind: 'paste', text }, length: end + PASTE_END.length };
}

function sequenceIn(rest: string, final: boolean): { key?: Key; length: number } | undefined {
  const second = rest[1];
  if (second === undefined) return final ? { key: { kind: 'key', name: 'escape' }, length: 1 } : undefined;
  if (second === '[' || second === 'O') {
    // ECMA-48: parameters 0x30-0x3f, intermediates 0x20-0x2f, one final byte.
    const match =
      second === '[' ? /^\x1b\[([0-?]*)[ -/]*([@-~])/.exec(rest) : /^\x1bO([0-9;]*)([@-~])/.exec(rest);
    if (match) {
      const name = sequenceName(match[1] as string, match[2] as string);
      return { ...(name ? { key: { kind: 'key', name } } : {}), length: match[0].length };
    }
    const unfinished = /^\x1b(?:\[[0-?]*[ -/]*|O[0-9;]*)$/.test(rest);
    if (unfinished && !final) return undefined;
    if (unfinished) return { key: { kind: 'key', name: `alt-${second}` }, length: 2 };
  }
  if (second === '\x1b') {
    // Alt with a function key, as rxvt sends it; or Escape hit twice.
    const inner = sequenceIn(rest.slice(1), final);
    if (!inner) return undefined;
    if (inner.key?.kind === 'key' && inner.length > 1) {
      return { key: { kind: 'key', name: `alt-${inner.key.name}` }, length: inner.length + 1 };
    }
    return { key: { kind: 'key', name: 'escape' }, length: 1 };
  }
  const char = String.fromCodePoint(rest.codePointAt(1) as number);
  const name = isControl(char) ? altControl(controlName(char)) : `alt-${char}`;
  return { key: { kind: 'key', name }, length: 1 + char.length };
}

const altControl = (name: string): string =>
  name.startsWith('ctrl-') ? `ctrl-alt-${name.slice(5)}` : `alt-${name}`;

/** A key's name from a control sequence; undefined for what is no key we know (reports, focus events). */
function sequenceName(parameters: string, letter: string): string | undefined {
  const [number = '', modifier] = parameters.split(';');
  if (letter === '~') {
    const name = NUMBERS[number];
    return name && withModifiers(name, modifier);
  }
  // The kitty protocol and xterm's modifyOtherKeys spell keys by their code point.
  if (letter === 'u' && /^\d+$/.test(number)) return codePointName(Number(number), modifier?.split(':')[0]);
  if (letter === 'I' || letter === 'O') return undefined;
  const name = LETTERS[letter];
  return name && withModifiers(name, modifier);
}

function codePointName(code: number, modifier: string | undefined): string | undefined {
  if (code > 0x10ffff) return undefined;
  const char = String.fromCodePoint(code);
  const name = isControl(char) ? controlName(char) : char === ' ' ? 'space' : char;
  return withModifiers(name, modifier);
}
