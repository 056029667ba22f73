import type { Duplex } from 'node:stream';
import { VIR_DOMAIN_SHUTOFF } from '../../src/hypervisor/constants.js';
import type { Domain } from '../../src/hypervisor/index.js';
import {
  CommandError,
  type Context,
  InterruptedError,
  orFail,
  withRawTerminal,
} from '../../src/shell/index.js';
import { relay } from './console-relay.js';

export interface ConsoleChoice {
  /** Alias of a character device; the domain's first console if left out. */
  readonly device?: string | undefined;
  /** VIR_DOMAIN_CONSOLE_*. */
  readonly flags?: number;
  /** Let a paused guest run once we are attached. */
  readonly resume?: boolean;
}

/**
 * Gives the terminal to a guest's console until the user types the escape character, or the guest ends.
 * @throws CommandError in virsh's words; InterruptedError; what the hypervisor refuses.
 */
export async function attachConsole(
  context: Context,
  domain: Domain,
  { device, flags = 0, resume = false }: ConsoleChoice = {},
): Promise<void> {
  const { connection, output, signal, consoleEscape } = context;
  const { state } = await orFail('Unable to get domain status', domain.getState());
  if (state === VIR_DOMAIN_SHUTOFF) throw new CommandError('The domain is not running');
  if (!output.streams.stdin.isTTY) {
    throw new CommandError('Cannot run interactive console without a controlling TTY');
  }
  if (context.json) throw new CommandError('Cannot print a console as JSON');
  output.extra(`Connected to domain '${domain.name}'\n`);
  output.extra(`Escape character is ${escapeText(consoleEscape)}\n`);
  const guest = await unlessInterrupted(connection.domainOpenConsole(domain, device ?? null, flags), signal);
  // An end that comes before anybody listens is told again: the stream is closed then.
  guest.on('error', () => undefined);
  try {
    if (resume) await orFail(`Failed to resume domain '${domain.name}'`, domain.resume());
    await withRawTerminal(output.streams, (terminal) =>
      relay(terminal, guest, escapeByte(consoleEscape), signal),
    );
  } finally {
    await detach(guest);
  }
}

/** The stream's own deadlines bound this. */
async function detach(guest: Duplex): Promise<void> {
  if (guest.closed) return;
  const closed = new Promise((resolve) => guest.once('close', resolve));
  guest.destroy();
  await closed;
}

/** Opens no longer than the user is willing to wait; what is opened too late is left at once. */
async function unlessInterrupted(opening: Promise<Duplex>, signal: AbortSignal): Promise<Duplex> {
  const interrupted = new Promise<never>((_, reject) => {
    const give = (): void => reject(new InterruptedError('interrupted'));
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
  try {
    return await Promise.race([opening, interrupted]);
  } catch (error) {
    opening.then(
      (late) => late.destroy(),
      () => undefined,
    );
    throw error;
  }
}

const isControl = (key: string): boolean => key.length === 2;

const escapeText = (key: string): string => (isControl(key) ? `${key} (Ctrl + ${key[1]})` : key);

/** `^]` is the character that is typed with Ctrl and `]`. */
const escapeByte = (key: string): number =>
  isControl(key) ? key.toUpperCase().charCodeAt(1) ^ 0x40 : key.charCodeAt(0);
