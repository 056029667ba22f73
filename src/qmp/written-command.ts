import type { Call } from './call.js';
import { QmpError } from './errors.js';
import { excerpt } from './message.js';

/** A command that somebody has written. */
export interface WrittenCommand {
  readonly name: string;
  /** The line for the monitor, with an id of ours. */
  withId(id: number): string;
}

/** @throws QmpError it is no JSON object */
export function writtenCommand(json: string): WrittenCommand {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch (cause) {
    throw new QmpError(`not JSON: ${excerpt(json)}`, cause);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new QmpError(`not a JSON object: ${excerpt(json)}`);
  }
  const { id: theirs, ...command } = parsed as Record<string, unknown>;
  const name = String(command.execute ?? command['exec-oob'] ?? 'a command without a name');
  // As it was written: numbers keep all their digits. Only an id of its own has to go.
  const text = theirs === undefined ? json.trim().slice(0, -1) : JSON.stringify(command).slice(0, -1);
  const comma = Object.keys(command).length > 0 ? ',' : '';
  return { name, withId: (id) => `${text}${comma}"id":${id}}\n` };
}

/** A command's line for the monitor. */
export function commandText(command: Call, id: number, oob: boolean): string {
  return `${JSON.stringify({
    [oob ? 'exec-oob' : 'execute']: command.execute,
    ...(command.arguments && { arguments: command.arguments }),
    id,
  })}\n`;
}
