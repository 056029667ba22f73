import type { ParsedCommand } from '../grammar/index.js';
import type { CommandSpec, OptionName, OptionSpec } from './command.js';
import { CommandError } from './errors.js';
import { parseScaled, parseWhole } from './numbers.js';

const INT_MAX = 2n ** 31n - 1n;
const UINT_MAX = 2n ** 32n - 1n;
const ULLONG_MAX = 2n ** 64n - 1n;
const LLONG_MAX = 2n ** 63n - 1n;

type Valued = 'string' | 'int' | 'scaled' | 'argv';

/**
 * A command's options as given. Values are checked when they are read, as in virsh, so a command decides by
 * its order of reading which of several mistakes is reported.
 */
export class Arguments<O extends readonly OptionSpec[] = readonly OptionSpec[]> {
  readonly #spec: CommandSpec;
  readonly #given: ParsedCommand<CommandSpec>['given'];

  constructor(parsed: ParsedCommand<CommandSpec>) {
    this.#spec = parsed.command;
    this.#given = parsed.given;
  }

  /** Whether the option was given at all. */
  has(name: OptionName<O>): boolean {
    return this.#given.some((option) => option.name === name);
  }

  flag(name: OptionName<O, 'flag'>): boolean {
    return this.has(name);
  }

  /** The libvirt bits of all flags given, or of those named. */
  bits(...names: OptionName<O, 'flag'>[]): number {
    let bits = 0;
    for (const option of this.#spec.options) {
      const wanted = names.length === 0 || (names as string[]).includes(option.name);
      if (wanted && option.bit !== undefined && this.#given.some((given) => given.name === option.name)) {
        bits |= option.bit;
      }
    }
    // Unsigned: the highest bit is one of the flags of domstats.
    return bits >>> 0;
  }

  /** The value as given, unchecked. */
  raw(name: OptionName<O, Valued>): string | undefined {
    return this.#given.find((option) => option.name === name)?.value;
  }

  /** @throws CommandError the value is empty and the option wants one. */
  optional(name: OptionName<O, Valued>): string | undefined {
    const value = this.raw(name);
    if (value === '' && !this.#option(name)?.emptyOk) {
      throw new CommandError(`Failed to get option '${name}': Option argument is empty`);
    }
    return value;
  }

  /** A required option's value. @throws CommandError as `optional`. */
  text(name: OptionName<O, Valued>): string {
    const value = this.optional(name);
    if (value === undefined) {
      throw new CommandError(`Failed to get option '${name}': Mandatory option not present`);
    }
    return value;
  }

  /** All values of an argv option. */
  list(name: OptionName<O, 'argv'>): string[] {
    return this.#given.flatMap((option) =>
      option.name === name && option.value !== undefined ? [option.value] : [],
    );
  }

  /** C int. @throws CommandError malformed or out of range. */
  int(name: OptionName<O, Valued>): number | undefined {
    return toNumber(this.#whole(name, -INT_MAX - 1n, INT_MAX));
  }

  /** C unsigned int; negative numbers are refused. */
  uint(name: OptionName<O, Valued>): number | undefined {
    return toNumber(this.#whole(name, 0n, UINT_MAX));
  }

  /** C long long. */
  longlong(name: OptionName<O, Valued>): bigint | undefined {
    return this.#whole(name, -LLONG_MAX - 1n, LLONG_MAX);
  }

  /** C unsigned long long; negative numbers are refused. */
  ulonglong(name: OptionName<O, Valued>): bigint | undefined {
    return this.#whole(name, 0n, ULLONG_MAX);
  }

  /** C unsigned long where negative numbers wrap around, as strtoul reads them. */
  wrapped(name: OptionName<O, Valued>): bigint | undefined {
    const value = this.#whole(name, -ULLONG_MAX, ULLONG_MAX);
    return value === undefined ? undefined : BigInt.asUintN(64, value);
  }

  /** `--timeout` in ms. @throws CommandError malformed, zero, or more seconds than fit. */
  timeout(): number | undefined {
    const seconds = this.uint('timeout' as OptionName<O, Valued>);
    if (seconds === undefined) return undefined;
    if (seconds === 0 || seconds > Number(INT_MAX / 1000n)) {
      throw new CommandError(`Numeric value '${seconds}' for <timeout> option is malformed or out of range`);
    }
    return seconds * 1000;
  }

  /**
   * A size in bytes with an optional unit suffix.
   * @param scale bytes that a number without a suffix counts.
   * @throws CommandError malformed, unknown suffix, or more than `max` bytes.
   */
  scaled(name: OptionName<O, Valued>, scale: number | bigint, max: bigint = ULLONG_MAX): bigint | undefined {
    const text = this.raw(name);
    if (text === undefined) return undefined;
    const scaled = parseScaled(text, BigInt(scale), max);
    if ('value' in scaled) return scaled.value;
    throw new CommandError(
      `Scaled numeric value '${text}' for <${name}> option is malformed or out of range`,
      scaled.error === '' ? undefined : new Error(scaled.error),
    );
  }

  #whole(name: string, min: bigint, max: bigint): bigint | undefined {
    const text = this.raw(name as OptionName<O, Valued>);
    if (text === undefined) return undefined;
    const value = parseWhole(text);
    if (value === undefined || value < min || value > max) {
      throw new CommandError(`Numeric value '${text}' for <${name}> option is malformed or out of range`);
    }
    return value;
  }

  #option(name: string): OptionSpec | undefined {
    return this.#spec.options.find((option) => option.name === name && option.type !== 'alias');
  }
}

const toNumber = (value: bigint | undefined): number | undefined =>
  value === undefined ? undefined : Number(value);
