/** What is wrong with an XPath expression, in libxml2's words. `at` is the offset where it noticed. */
export class XPathProblem extends Error {
  override readonly name = 'XPathProblem';

  constructor(
    message: string,
    readonly at?: number,
  ) {
    super(message);
  }
}

const INVALID = 'Invalid expression';
const nodeTypes = new Set(['comment', 'node', 'processing-instruction', 'text']);
const axes = new Set([
  'ancestor',
  'ancestor-or-self',
  'attribute',
  'child',
  'descendant',
  'descendant-or-self',
  'following',
  'following-sibling',
  'namespace',
  'parent',
  'preceding',
  'preceding-sibling',
  'self',
]);
const ncName = /^[\p{L}_][\p{L}\p{N}\p{M}._-]*/u;

/** Binary operators, loosest first. Words stand for themselves even without blanks around, as in libxml2. */
const levels: readonly RegExp[] = [/^or/, /^and/, /^(=|!=)/, /^[<>]=?/, /^[+-]/, /^(\*|div|mod)/];

/**
 * Checks an expression against XPath 1.0's grammar, going over it in the order in which libxml2 does, so that a
 * mistake is noticed at the same place.
 * @throws XPathProblem
 */
export function checkXPath(expression: string): void {
  const checker = new Checker(expression);
  checker.expression();
  if (!checker.atEnd) throw checker.problem();
}

class Checker {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  problem(message = INVALID): XPathProblem {
    return new XPathProblem(message, this.#at);
  }

  expression(level = 0): void {
    const operators = levels[level];
    if (!operators) {
      this.#unary();
      return;
    }
    this.expression(level + 1);
    this.#blanks();
    while (this.#take(operators)) {
      this.#blanks();
      this.expression(level + 1);
      this.#blanks();
    }
  }

  #unary(): void {
    this.#blanks();
    while (this.#take(/^-/)) this.#blanks();
    this.#path();
    this.#blanks();
    while (this.#take(/^\|/)) {
      this.#blanks();
      this.#path();
      this.#blanks();
    }
  }

  #path(): void {
    this.#blanks();
    if (!this.#startsPrimary()) {
      this.#locationPath();
      return;
    }
    this.#primary();
    this.#blanks();
    while (this.#next === '[') this.#predicate();
    if (this.#next === '/') this.#relativePath();
  }

  /** Whether a filter expression begins here, rather than a location path. */
  #startsPrimary(): boolean {
    if (/^([$('"\d]|\.\d)/.test(this.#rest)) return true;
    if (/^[*/@.]/.test(this.#rest)) return false;
    const name = ncName.exec(this.#rest)?.[0];
    if (name === undefined) throw this.problem();
    const after = this.#rest.slice(name.length);
    const call = /^(:(?!:)[\p{L}_][\p{L}\p{N}\p{M}._-]*)?\s*\(/u.exec(after);
    return call !== null && !(call[1] === undefined && nodeTypes.has(name));
  }

  #primary(): void {
    if (this.#take(/^\$/)) {
      if (!this.#name()) throw this.problem();
      if (this.#take(/^:/) && !this.#name()) throw this.problem();
    } else if (this.#take(/^\(/)) {
      this.#blanks();
      this.expression();
      if (!this.#take(/^\)/)) throw this.problem();
      this.#blanks();
    } else if (/^['"]/.test(this.#rest)) {
      this.#literal();
    } else if (!this.#take(/^(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?/)) {
      this.#call();
    }
  }

  #call(): void {
    this.#name();
    if (this.#take(/^:/)) this.#name();
    this.#blanks();
    if (!this.#take(/^\(/)) throw this.problem();
    this.#blanks();
    // libxml2 takes the end of the expression for the end of the arguments.
    while (this.#next !== ')' && !this.atEnd) {
      this.expression();
      if (this.#next === ')') break;
      if (!this.#take(/^,/)) throw this.problem();
      this.#blanks();
    }
    this.#take(/^\)/);
    this.#blanks();
  }

  #literal(): void {
    const end = this.#text.indexOf(this.#next, this.#at + 1);
    if (end < 0) {
      this.#at = this.#text.length;
      throw this.problem('Unfinished literal');
    }
    this.#at = end + 1;
  }

  #locationPath(): void {
    if (this.#next !== '/') {
      this.#relativePath();
      return;
    }
    while (this.#next === '/') {
      if (this.#take(/^\/\//)) {
        this.#blanks();
        this.#relativePath();
      } else {
        this.#take(/^\//);
        this.#blanks();
        if (/^[\p{L}_.@*]/u.test(this.#rest)) this.#relativePath();
      }
    }
  }

  #relativePath(): void {
    this.#blanks();
    this.#take(/^\/\/?/);
    this.#step();
    this.#blanks();
    while (this.#take(/^\/\/?/)) {
      this.#step();
      this.#blanks();
    }
  }

  #step(): void {
    this.#blanks();
    if (this.#take(/^\.\.?/)) {
      this.#blanks();
      return;
    }
    let name = '';
    if (this.#next !== '*' && !this.#take(/^@/)) {
      name = this.#name();
      if (axes.has(name)) {
        this.#blanks();
        if (this.#take(/^::/)) name = '';
      }
    }
    this.#nodeTest(name);
    this.#blanks();
    while (this.#next === '[') this.#predicate();
  }

  #nodeTest(given: string): void {
    this.#blanks();
    if (given === '' && this.#take(/^\*/)) return;
    const name = given || this.#name();
    if (name === '') throw this.problem();
    const blanks = this.#blanks();
    if (this.#take(/^\(/)) {
      if (!nodeTypes.has(name)) throw this.problem();
      this.#blanks();
      if (name === 'processing-instruction' && this.#next !== ')') {
        if (!/^['"]/.test(this.#rest)) throw this.problem('Start of literal');
        this.#literal();
        this.#blanks();
      }
      if (!this.#take(/^\)/)) throw this.problem('Missing closing curly brace');
      return;
    }
    if (!blanks && this.#take(/^:/) && !this.#take(/^\*/) && !this.#name()) throw this.problem();
  }

  #predicate(): void {
    this.#take(/^\[/);
    this.#blanks();
    this.expression();
    if (!this.#take(/^\]/)) throw this.problem('Invalid predicate');
    this.#blanks();
  }

  get #rest(): string {
    return this.#text.slice(this.#at);
  }

  get #next(): string {
    return this.#text[this.#at] ?? '';
  }

  #take(pattern: RegExp): boolean {
    const taken = pattern.exec(this.#rest)?.[0];
    this.#at += taken?.length ?? 0;
    return taken !== undefined;
  }

  #name(): string {
    const name = ncName.exec(this.#rest)?.[0] ?? '';
    this.#at += name.length;
    return name;
  }

  #blanks(): boolean {
    return this.#take(/^[ \t\n\r]+/);
  }
}
