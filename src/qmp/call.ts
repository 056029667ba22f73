import type { CommandArguments, CommandReturns } from './schema/commands.js';
import type { WaitOptions } from './waiter.js';

export interface CallOptions extends WaitOptions {
  /** Have it run out of band, past commands that wait or hang: only for the few commands QEMU allows that for. */
  oob?: boolean;
}

/** One command of several that are sent together; made by call(). */
export interface Call<Name extends string = string> {
  readonly execute: Name;
  readonly arguments?: CommandArguments<Name>;
}

/** How the commands that were sent together went, in their order. */
export type Outcomes<Calls extends readonly Call[]> = {
  -readonly [Index in keyof Calls]: PromiseSettledResult<CommandReturns<Calls[Index]['execute']>>;
};

/** The arguments may be left out where the command needs none. */
export type ArgumentsThen<Name extends string, Rest extends unknown[]> =
  undefined extends CommandArguments<Name>
    ? [arguments?: CommandArguments<Name>, ...rest: Rest]
    : [arguments: CommandArguments<Name>, ...rest: Rest];

/** A command with its arguments, for executeTogether(). */
export function call<Name extends string>(execute: Name, ...[args]: ArgumentsThen<Name, []>): Call<Name> {
  return args === undefined ? { execute } : { execute, arguments: args };
}
