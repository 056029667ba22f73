import { registry } from '../../../commands/index.js';
import { parseLine } from '../../../src/grammar/index.js';
import type { Connection } from '../../../src/hypervisor/index.js';
import { dispatch, Session } from '../../../src/shell/index.js';
import { record } from '../shell/recorder.js';

export interface CommandRun {
  readonly outcome: string;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command line on a hypervisor of which only some calls are there.
 * @param calls what the command needs of a connection.
 */
export async function runCommand(
  line: string,
  calls: object,
  { quiet = false, json = false, signal = new AbortController().signal } = {},
): Promise<CommandRun> {
  const { output, stdout, stderr } = record({ quiet });
  const connection = {
    notices: async () => [],
    lateNotices: async () => [],
    release: async () => undefined,
    close: async () => undefined,
    ...calls,
  };
  const session = new Session(async () => connection as unknown as Connection, output, undefined, false);
  const outcome = await dispatch(await parseLine(line, registry.lookup), {
    output,
    session,
    registry,
    signal,
    interactive: false,
    consoleEscape: '^]',
    json,
    timing: false,
  });
  return { outcome, stdout: stdout(), stderr: stderr() };
}
