import { ProtocolError } from './errors.js';

/** The first message of a monitor. */
export interface Greeting {
  version: { qemu: { major: number; minor: number; micro: number }; package: string };
  /** What qmp_capabilities may switch on; `oob` is the only one so far. */
  capabilities: readonly string[];
}

export interface EventMessage {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Microseconds since 1970 by the host's clock, when QEMU emitted it; null if QEMU could not tell. */
  readonly timestamp: number | null;
}

export type ServerMessage =
  | { type: 'greeting'; greeting: Greeting }
  | { type: 'event'; event: EventMessage }
  | { type: 'return'; id: unknown; value: unknown }
  | { type: 'error'; id: unknown; errorClass: string; description: string };

type JsonObject = Record<string, unknown>;

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads one line of a monitor.
 * @throws ProtocolError if it is none of the four messages that a QMP server sends
 */
export function decodeMessage(line: Uint8Array): { message: ServerMessage; text: string } {
  let text: string;
  let parsed: unknown;
  try {
    text = decoder.decode(line);
  } catch (cause) {
    throw new ProtocolError('what the monitor sent is not UTF-8', cause);
  }
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError(`what the monitor sent is not JSON: ${excerpt(text)}`, cause);
  }
  const message = isObject(parsed) ? classify(parsed) : undefined;
  if (!message) throw new ProtocolError(`what the monitor sent is not a QMP message: ${excerpt(text)}`);
  return { message, text };
}

/** The start of a text that came from outside, fit to be shown: control characters escaped. */
export function excerpt(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
}

function classify(parsed: JsonObject): ServerMessage | undefined {
  // Own properties only: a message may not borrow its meaning from Object.prototype.
  const kinds = ['QMP', 'event', 'return', 'error'].filter((key) => Object.hasOwn(parsed, key));
  if (kinds.length !== 1) return undefined;
  switch (kinds[0]) {
    case 'QMP':
      return greeting(parsed.QMP);
    case 'event':
      return event(parsed);
    case 'return':
      return { type: 'return', id: parsed.id, value: parsed.return };
    default:
      return failure(parsed);
  }
}

function greeting(value: unknown): ServerMessage | undefined {
  if (!isObject(value) || !isObject(value.version) || !isObject(value.version.qemu)) return undefined;
  const { major, minor, micro } = value.version.qemu;
  if (!isNumber(major) || !isNumber(minor) || !isNumber(micro)) return undefined;
  const capabilities = Array.isArray(value.capabilities) ? value.capabilities : [];
  return {
    type: 'greeting',
    greeting: {
      version: {
        qemu: { major, minor, micro },
        package: typeof value.version.package === 'string' ? value.version.package : '',
      },
      capabilities: capabilities.filter((each) => typeof each === 'string'),
    },
  };
}

function event(parsed: JsonObject): ServerMessage | undefined {
  if (typeof parsed.event !== 'string') return undefined;
  if (parsed.data !== undefined && !isObject(parsed.data)) return undefined;
  return {
    type: 'event',
    event: { event: parsed.event, data: parsed.data ?? {}, timestamp: timestamp(parsed.timestamp) },
  };
}

/** Microseconds since 1970 stay exact in a double until the year 2255. QEMU says -1 where its clock failed. */
function timestamp(value: unknown): number | null {
  if (!isObject(value) || !isNumber(value.seconds) || !isNumber(value.microseconds)) return null;
  if (value.seconds < 0 || value.microseconds < 0) return null;
  return value.seconds * 1_000_000 + value.microseconds;
}

function failure(parsed: JsonObject): ServerMessage | undefined {
  const { error } = parsed;
  if (!isObject(error) || typeof error.class !== 'string' || typeof error.desc !== 'string') return undefined;
  return { type: 'error', id: parsed.id, errorClass: error.class, description: error.desc };
}

const isNumber = (value: unknown): value is number => typeof value === 'number';

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
