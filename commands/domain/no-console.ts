import { CommandError, type Context } from '../../src/shell/index.js';

/**
 * Why `--console` can't be followed, once the domain runs: without a terminal as virsh says it, on a terminal
 * because there is no console in this program.
 */
export function noConsole(context: Context, name: string): CommandError {
  return context.output.streams.stdin.isTTY
    ? new CommandError(`Cannot run interactive console: snapctl has none, use 'virsh console ${name}'`)
    : new CommandError('Cannot run interactive console without a controlling TTY');
}
