import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
// The whole compiler's way in, as stable as the version that package-lock.json holds still.
import {
  API,
  type Checker,
  type Symbol as Property,
  SymbolFlags,
  type Type,
  TypeFlags,
  type TypeReference,
} from 'typescript/unstable/sync';
import type { SchemaEntry, SchemaMember } from '../../src/qmp/index.js';

/** What is typed, and what QEMU says of it, disagree: where, and how. */
export interface Disagreement {
  /** For example `block-commit.arguments.top-node`. */
  readonly at: string;
  readonly problem: string;
}

type ObjectEntry = Extract<SchemaEntry, { 'meta-type': 'object' }>;
/** Arguments are what QEMU takes, results what it gives: what is optional matters the other way round. */
type Direction = 'taken' | 'given';

/** Compares the types of src/qmp/schema, as the compiler sees them, with a QEMU's query-qmp-schema. */
export class TypedSchema {
  readonly #compiler: API;
  readonly #folder: string;
  readonly #checker: Checker;
  readonly #commands: readonly Property[];
  readonly #events: readonly Property[];

  constructor() {
    const path = (name: string): string =>
      fileURLToPath(new URL(`../../src/qmp/schema/${name}.ts`, import.meta.url));
    const [commands, events] = [path('commands'), path('events')];
    this.#folder = mkdtempSync(join(tmpdir(), 'snapctl-types-'));
    const config = join(this.#folder, 'tsconfig.json');
    const compilerOptions = {
      ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, types: [] },
      ...{ target: 'ES2023', module: 'NodeNext', moduleResolution: 'NodeNext' },
    };
    writeFileSync(config, JSON.stringify({ compilerOptions, files: [commands, events] }));
    this.#compiler = new API();
    const project = this.#compiler.updateSnapshot({ openProjects: [config] }).getProject(config);
    if (!project) throw new Error('the compiler did not open the project');
    this.#checker = project.checker;
    const members = (file: string, name: string): readonly Property[] => {
      const source = project.program.getSourceFile(file);
      const module = source && this.#checker.getSymbolAtLocation(source);
      const found = module && this.#checker.getExportsOfModule(module).find((each) => each.name === name);
      if (!found) throw new Error(`${file} does not export ${name}`);
      return this.#checker.getPropertiesOfType(this.#checker.getDeclaredTypeOfSymbol(found));
    };
    this.#commands = members(commands, 'Commands');
    this.#events = members(events, 'EventData');
  }

  [Symbol.dispose](): void {
    this.#compiler.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get commands(): string[] {
    return this.#commands.map(({ name }) => name);
  }

  get events(): string[] {
    return this.#events.map(({ name }) => name);
  }

  disagreements(entries: readonly SchemaEntry[]): Disagreement[] {
    const found: Disagreement[] = [];
    const byName = new Map(entries.map((entry) => [entry.name, entry]));
    const comparison = new Comparison(this.#checker, byName, found);
    for (const symbol of this.#commands) {
      const entry = byName.get(symbol.name);
      if (entry?.['meta-type'] !== 'command') {
        found.push({ at: symbol.name, problem: 'no such command' });
        continue;
      }
      const type = comparison.typeOf(symbol);
      comparison.property(type, 'arguments', symbol.name, entry['arg-type'], 'taken');
      comparison.property(type, 'returns', symbol.name, entry['ret-type'], 'given');
    }
    for (const symbol of this.#events) {
      const entry = byName.get(symbol.name);
      if (entry?.['meta-type'] === 'event') {
        comparison.type(comparison.typeOf(symbol), symbol.name, entry['arg-type'], 'given');
      } else found.push({ at: symbol.name, problem: 'no such event' });
    }
    return found;
  }
}

class Comparison {
  readonly #checker: Checker;
  readonly #entries: ReadonlyMap<string, SchemaEntry>;
  readonly #found: Disagreement[];
  /** Types that hold themselves (a backing image has one, too) are compared once. */
  readonly #underWay: Set<string>;

  constructor(
    checker: Checker,
    entries: ReadonlyMap<string, SchemaEntry>,
    found: Disagreement[],
    underWay: ReadonlySet<string> = new Set(),
  ) {
    this.#checker = checker;
    this.#entries = entries;
    this.#found = found;
    this.#underWay = new Set(underWay);
  }

  /** What a command takes as a whole, or returns. */
  property(of: Type, name: string, at: string, schema: string, direction: Direction): void {
    const symbol = this.#property(of, name);
    if (!symbol) throw new Error(`${at} has no ${name}`);
    const type = this.typeOf(symbol);
    this.type(type, `${at}.${name}`, schema, direction);
    const entry = this.#entries.get(schema);
    if (entry?.['meta-type'] !== 'object') return;
    const optional = constituents(type).some(({ flags }) => (flags & TypeFlags.Undefined) !== 0);
    const needed = optional ? entry.members.filter((member) => !('default' in member)) : [];
    for (const member of needed) this.#tell(`${at}.${name}.${member.name}`, 'must be given');
  }

  type(type: Type, at: string, schema: string, direction: Direction): void {
    if ((type.flags & (TypeFlags.Any | TypeFlags.Unknown)) !== 0) return;
    const entry = this.#entries.get(schema);
    const parts = constituents(type).filter(({ flags }) => (flags & TypeFlags.Undefined) === 0);
    switch (entry?.['meta-type']) {
      case 'builtin':
        this.#builtin(parts, at, entry['json-type']);
        break;
      case 'enum':
        this.#enum(parts, at, entry.members?.map(({ name }) => name) ?? entry.values);
        break;
      case 'array': {
        const [array] = parts;
        const isArray = array && parts.length === 1 && this.#checker.isArrayType(array);
        const element = isArray && this.#checker.getTypeArguments(array as TypeReference)[0];
        if (element) this.type(element, `${at}[]`, entry['element-type'], direction);
        else this.#tell(at, 'is an array in QEMU');
        break;
      }
      case 'alternate':
        this.#alternate(parts, at, entry.members, direction);
        break;
      case 'object':
        this.#objects(parts, at, entry, direction);
        break;
      default:
        this.#tell(at, `QEMU does not explain its type ${schema}`);
    }
  }

  #objects(parts: readonly Type[], at: string, entry: ObjectEntry, direction: Direction): void {
    const key = `${entry.name} ${parts.map(({ id }) => id).join('|')}`;
    if (this.#underWay.has(key)) return;
    this.#underWay.add(key);
    for (const part of parts) this.#object(part, at, entry, direction);
    this.#underWay.delete(key);
  }

  typeOf(property: Property): Type {
    const type = this.#checker.getTypeOfSymbol(property);
    if (!type) throw new Error(`the compiler knows no type of ${property.name}`);
    return type;
  }

  #property(type: Type, name: string): Property | undefined {
    return this.#checker.getPropertiesOfType(type).find((each) => each.name === name);
  }

  #builtin(parts: readonly Type[], at: string, json: string): void {
    const flags: Readonly<Record<string, TypeFlags>> = {
      string: TypeFlags.StringLike,
      int: TypeFlags.NumberLike,
      number: TypeFlags.NumberLike,
      boolean: TypeFlags.BooleanLike,
      null: TypeFlags.Null,
    };
    const wanted = flags[json];
    if (json === 'value' || wanted === undefined) return;
    if (!parts.every((part) => (part.flags & wanted) !== 0)) this.#tell(at, `is ${json} in QEMU`);
  }

  #enum(parts: readonly Type[], at: string, values: readonly string[]): void {
    for (const part of parts) {
      if (part.isStringLiteralType()) {
        if (!values.includes(part.value)) this.#tell(`${at}=${part.value}`, 'no such value');
      } else if (!isText(part)) this.#tell(at, 'is an enumeration in QEMU');
    }
  }

  #alternate(
    parts: readonly Type[],
    at: string,
    members: readonly { type: string }[],
    direction: Direction,
  ): void {
    for (const part of parts) {
      const fits = members.some(({ type }) => this.#trial(part, at, type, direction).length === 0);
      if (!fits) this.#tell(at, `QEMU has no alternative for ${this.#checker.typeToString(part)}`);
    }
  }

  #object(part: Type, at: string, entry: ObjectEntry, direction: Direction): void {
    if (!part.isObjectType() && !part.isIntersectionType()) {
      this.#tell(at, 'is an object in QEMU');
      return;
    }
    const members = this.#members(part, entry);
    const open = this.#checker.getIndexInfosOfType(part);
    // Record<string, never>: nothing at all.
    if (open.some(({ valueType }) => (valueType.flags & TypeFlags.Never) !== 0)) {
      if (members.size > 0) this.#tell(at, `is not empty in QEMU: ${[...members.keys()].join(', ')}`);
      return;
    }
    for (const symbol of this.#checker.getPropertiesOfType(part)) {
      const where = `${at}.${symbol.name}`;
      const found = members.get(symbol.name);
      if (!found) {
        this.#tell(where, 'no such member');
        continue;
      }
      const optional = (symbol.flags & SymbolFlags.Optional) !== 0;
      if (direction === 'taken' && optional && found.needed) this.#tell(where, 'must be given');
      if (direction === 'given' && !optional && !found.needed) this.#tell(where, 'may be left out');
      const type = this.typeOf(symbol);
      // Of members that several variants have, any may be meant.
      const trials = found.types.map((each) => this.#trial(type, where, each, direction));
      const best = trials.sort((one, other) => one.length - other.length)[0] ?? [];
      this.#found.push(...best);
    }
    if (direction === 'given' || open.length > 0) return;
    for (const [name, { needed }] of members) {
      if (needed && !this.#property(part, name))
        this.#tell(`${at}.${name}`, 'must be given, and is not typed');
    }
  }

  #trial(type: Type, at: string, schema: string, direction: Direction): Disagreement[] {
    const found: Disagreement[] = [];
    new Comparison(this.#checker, this.#entries, found, this.#underWay).type(type, at, schema, direction);
    return found;
  }

  /** The members that an object may have: its own, and those of the variant that its tag names, or of any. */
  #members(part: Type, entry: ObjectEntry): Map<string, { types: string[]; needed: boolean }> {
    const members = new Map<string, { types: string[]; needed: boolean }>();
    const put = (member: SchemaMember, sure: boolean): void => {
      const known = members.get(member.name);
      const needed = sure && !('default' in member);
      if (known) known.types.push(member.type);
      else members.set(member.name, { types: [member.type], needed });
    };
    for (const member of entry.members) put(member, true);
    const tag = entry.tag === undefined ? undefined : this.#property(part, entry.tag);
    const tagType = tag && this.typeOf(tag);
    const literal = tagType?.isStringLiteralType() ? tagType.value : undefined;
    for (const variant of entry.variants ?? []) {
      if (literal !== undefined && variant.case !== literal) continue;
      const type = this.#entries.get(variant.type);
      if (type?.['meta-type'] !== 'object') continue;
      for (const [name, { types, needed }] of this.#members(part, type)) {
        for (const each of types) {
          put({ name, type: each, ...(needed ? {} : { default: null }) }, literal !== undefined);
        }
      }
    }
    return members;
  }

  #tell(at: string, problem: string): void {
    this.#found.push({ at, problem });
  }
}

const constituents = (type: Type): readonly Type[] => (type.isUnionType() ? type.getTypes() : [type]);

/** A plain string, or the `string & {}` that stands for values besides those that are named. */
const isText = (type: Type): boolean =>
  (type.flags & TypeFlags.String) !== 0 ||
  (type.isIntersectionType() && type.getTypes().some(({ flags }) => (flags & TypeFlags.String) !== 0));
