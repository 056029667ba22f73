/**
 * JSON as libvirt reads and writes it. JSON.parse can't stand in: numbers keep their digits (QEMU's are 64 bits
 * wide), objects keep their order, a key given twice is an error, and errors are told in the words and with the
 * pointer of yajl, the parser that libvirt 9 uses.
 */
export type JsonText =
  | { readonly kind: 'object'; readonly members: Map<string, JsonText> }
  | { readonly kind: 'array'; readonly items: JsonText[] }
  | { readonly kind: 'string'; readonly value: string }
  /** A number, true, false or null, as it was written. */
  | { readonly kind: 'word'; readonly text: string };

/** The text is no JSON. The message spans lines: what is wrong, the place in the text, an arrow below it. */
export class JsonTextError extends Error {
  override readonly name = 'JsonTextError';
}

/** @throws JsonTextError */
export function parseJsonText(text: string): JsonText {
  return new Parser(text).document();
}

/** @param pretty an element a line, two blanks a level, as yajl does; else without any blanks. */
export function formatJsonText(value: JsonText, pretty = false, depth = 0): string {
  if (value.kind === 'word') return value.text;
  if (value.kind === 'string') return quote(value.value);
  const outer = pretty ? `\n${'  '.repeat(depth)}` : '';
  const inner = pretty ? `${outer}  ` : '';
  const colon = pretty ? ': ' : ':';
  const parts =
    value.kind === 'array'
      ? value.items.map((item) => formatJsonText(item, pretty, depth + 1))
      : [...value.members].map(([key, item]) => quote(key) + colon + formatJsonText(item, pretty, depth + 1));
  const [open, close] = value.kind === 'array' ? '[]' : '{}';
  if (parts.length === 0) return pretty ? `${open}\n${outer}${close}` : `${open}${close}`;
  return `${open}${parts.map((part) => inner + part).join(',')}${outer}${close}`;
}

/** Plain values for programs; numbers beyond 2^53 become bigints. */
export function plainJson(value: JsonText): unknown {
  switch (value.kind) {
    case 'object':
      return Object.fromEntries([...value.members].map(([key, item]) => [key, plainJson(item)]));
    case 'array':
      return value.items.map(plainJson);
    case 'string':
      return value.value;
    case 'word':
      return /^-?\d{16,}$/.test(value.text) ? BigInt(value.text) : JSON.parse(value.text);
  }
}

const shortEscapes = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function quote(text: string): string {
  const escaped = text.replace(
    /["\\\x00-\x1f]/g,
    (char) =>
      shortEscapes.get(char) ?? `\\u00${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
  return `"${escaped}"`;
}

const EOF_OFFSET = 1;
const escapable = '"\\/bfnrt';

/** Works on bytes, held one a character, because yajl's offsets count bytes. */
class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = Buffer.from(text, 'utf8').toString('latin1');
  }

  document(): JsonText {
    const value = this.#value(this.#token());
    if (this.#token() !== '') throw this.#error('parse error: trailing garbage');
    return value;
  }

  /** @param insert called as soon as the value has begun, which is when libvirt puts it where it belongs. */
  #value(token: string, insert: (value: JsonText) => void = () => undefined): JsonText {
    switch (token[0]) {
      case '{':
        return this.#object(insert);
      case '[':
        return this.#array(insert);
      case '}':
      case ']':
      case ':':
      case ',':
        throw this.#error('parse error: unallowed token at this point in JSON text');
      case undefined:
        throw this.#error('parse error: premature EOF', EOF_OFFSET);
      default: {
        const value: JsonText =
          token[0] === '"' ? { kind: 'string', value: unquote(token) } : { kind: 'word', text: token };
        insert(value);
        return value;
      }
    }
  }

  #object(insert: (value: JsonText) => void): JsonText {
    const members = new Map<string, JsonText>();
    insert({ kind: 'object', members });
    for (let first = true; ; first = false) {
      const token = this.#token();
      if (first && token === '}') break;
      if (token === '') throw this.#error('parse error: premature EOF', EOF_OFFSET);
      if (token[0] !== '"') throw this.#error('parse error: invalid object key (must be a string)');
      const key = unquote(token);
      const colon = this.#token();
      if (colon === '') throw this.#error('parse error: premature EOF', EOF_OFFSET);
      if (colon !== ':') {
        throw this.#error("parse error: object key and value must be separated by a colon (':')");
      }
      this.#value(this.#token(), (value) => {
        if (members.has(key)) {
          throw this.#error('parse error: client cancelled parse via callback return value');
        }
        members.set(key, value);
      });
      const next = this.#token();
      if (next === '}') break;
      if (next === '') throw this.#error('parse error: premature EOF', EOF_OFFSET);
      if (next !== ',') {
        const what = "parse error: after key and value, inside map, I expect ',' or '}'";
        throw this.#error(what, this.#at - next.length);
      }
    }
    return { kind: 'object', members };
  }

  #array(insert: (value: JsonText) => void): JsonText {
    const items: JsonText[] = [];
    insert({ kind: 'array', items });
    for (let first = true; ; first = false) {
      const token = this.#token();
      if (first && token === ']') break;
      items.push(this.#value(token));
      const next = this.#token();
      if (next === ']') break;
      if (next === '') throw this.#error('parse error: premature EOF', EOF_OFFSET);
      if (next !== ',') throw this.#error("parse error: after array element, I expect ',' or ']'");
    }
    return { kind: 'array', items };
  }

  /** The next token as written, empty at the end. */
  #token(): string {
    while (/[ \t\n\v\f\r]/.test(this.#text[this.#at] ?? '')) this.#at += 1;
    const char = this.#text[this.#at];
    if (char === undefined) return '';
    if ('{}[]:,'.includes(char)) {
      this.#at += 1;
      return char;
    }
    if (char === '"') return this.#string();
    if (/[-\d]/.test(char)) return this.#number();
    for (const word of ['true', 'false', 'null']) if (word[0] === char) return this.#word(word);
    if (char === '/') {
      throw this.#error('lexical error: probable comment found in input text, comments are not enabled.');
    }
    throw this.#error('lexical error: invalid char in json text.', this.#at + 1);
  }

  #word(word: string): string {
    for (const [index, expected] of [...word].entries()) {
      const char = this.#text[this.#at + index];
      if (char === undefined) throw this.#error('parse error: premature EOF', EOF_OFFSET);
      if (char !== expected) {
        throw this.#error('lexical error: invalid string in json text.', this.#at + index);
      }
    }
    this.#at += word.length;
    return word;
  }

  #number(): string {
    const start = this.#at;
    if (this.#text[this.#at] === '-') this.#at += 1;
    if (this.#text[this.#at] === '0') this.#at += 1;
    else this.#digits('the minus sign');
    if (this.#text[this.#at] === '.') {
      this.#at += 1;
      this.#digits('the decimal point');
    }
    if (/[eE]/.test(this.#text[this.#at] ?? '')) {
      this.#at += 1;
      if (/[-+]/.test(this.#text[this.#at] ?? '')) this.#at += 1;
      this.#digits('the exponent');
    }
    return this.#text.slice(start, this.#at);
  }

  #digits(after: string): void {
    if (this.#at >= this.#text.length) throw this.#error('parse error: premature EOF', EOF_OFFSET);
    const start = this.#at;
    while (/\d/.test(this.#text[this.#at] ?? '')) this.#at += 1;
    if (this.#at === start) {
      throw this.#error(`lexical error: malformed number, a digit is required after ${after}.`);
    }
  }

  #string(): string {
    const start = this.#at;
    this.#at += 1;
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined) throw this.#error('parse error: premature EOF', EOF_OFFSET);
      if (char === '"') break;
      if (char < ' ') throw this.#error('lexical error: invalid character inside string.');
      this.#at += 1;
      if (char === '\\') this.#escape();
    }
    this.#at += 1;
    return this.#text.slice(start, this.#at);
  }

  #escape(): void {
    const char = this.#text[this.#at];
    if (char === undefined) throw this.#error('parse error: premature EOF', EOF_OFFSET);
    if (char !== 'u') {
      if (!escapable.includes(char)) {
        const what = "lexical error: inside a string, '\\' occurs before a character which it may not.";
        throw this.#error(what);
      }
      this.#at += 1;
      return;
    }
    this.#at += 1;
    for (let count = 0; count < 4; count += 1) {
      const digit = this.#text[this.#at];
      if (digit === undefined) throw this.#error('parse error: premature EOF', EOF_OFFSET);
      if (!/[\da-fA-F]/.test(digit)) {
        const what = "lexical error: invalid (non-hex) character occurs after '\\u' inside string.";
        throw this.#error(what);
      }
      this.#at += 1;
    }
  }

  /** The message in yajl's layout: 30 bytes either side of the place, which stands at column 40. */
  #error(what: string, offset = this.#at): JsonTextError {
    const start = Math.max(0, offset - 30);
    const indent = ' '.repeat(offset < 30 ? 40 - offset : 10);
    const around = this.#text.slice(start, offset + 30).replace(/[\n\r]/g, ' ');
    const readable = Buffer.from(around, 'latin1').toString('utf8');
    return new JsonTextError(`${what}\n${indent}${readable}\n                     (right here) ------^\n`);
  }
}

/** A string token's value: bytes back to text, escapes undone. */
const unquote = (token: string): string => JSON.parse(Buffer.from(token, 'latin1').toString('utf8'));
