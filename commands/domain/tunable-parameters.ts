import { VIR_ERR_NO_SUPPORT, VIR_ERR_OPERATION_INVALID } from '../../src/hypervisor/constants.js';
import { HypervisorError, type TypedParameter } from '../../src/hypervisor/index.js';
import { CommandError, type Context, type JsonShape, orFail, typedValueText } from '../../src/shell/index.js';

/** What commands that show parameters emit: each by its name. */
export const parametersShape: JsonShape = { map: { oneOf: ['integer', 'number', 'string', 'boolean'] } };

export interface Tunables {
  /** What is to be changed; nothing shows what there is. */
  readonly changes: readonly TypedParameter[];
  readonly get: () => Promise<TypedParameter[]>;
  readonly set: (changes: readonly TypedParameter[]) => Promise<void>;
  /** virsh's lines for a driver that has no such parameters, for failing to read, and to change them. */
  readonly failures: { readonly count: string; readonly get: string; readonly set: string };
  readonly width?: number;
  readonly valueText?: (parameter: TypedParameter) => string;
}

/** Shows or changes a domain's parameters of one kind, as virsh's tuning commands do. */
export async function tune(
  context: Context,
  { changes, get, set, failures, width = 15, valueText = typedValueText }: Tunables,
): Promise<void> {
  if (changes.length > 0) {
    await orFail(failures.set, set(changes));
    return;
  }
  let parameters: TypedParameter[];
  try {
    parameters = await get();
  } catch (error) {
    throw new CommandError(failsToCount(error) ? failures.count : failures.get, error);
  }
  context.emit(Object.fromEntries(parameters.map(({ field, value }) => [field, value])));
  for (const parameter of parameters) {
    context.output.print(`${parameter.field.padEnd(width)}: ${valueText(parameter)}\n`);
  }
}

/**
 * virsh asks for their number first, which fails for what has to do with the driver or the domain's state; that there is
 * no cgroup to read them from shows only after that.
 */
const failsToCount = (error: unknown): boolean =>
  error instanceof HypervisorError &&
  (/ is not available in session mode$/.test(error.message) ||
    ([VIR_ERR_NO_SUPPORT, VIR_ERR_OPERATION_INVALID].includes(error.code) &&
      !/\bcgroup\b/i.test(error.message)));

/**
 * Reads options whose mistakes virsh comments on: its line comes after what is wrong, before libvirt's own message.
 * @throws CommandError
 */
export function readOptions<T>(comment: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(error.message, new CommandError(comment, error.cause));
  }
}
