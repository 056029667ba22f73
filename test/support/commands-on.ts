import { expect } from '@jest/globals';
import { GuestAgent } from '../../src/agent/index.js';
import { runHere } from './own-program.js';
import { runProgram } from './program.js';
import type { BareGuest } from './qemu.js';

/** A guest, and how snapctl gets to it. */
export interface GuestPlace {
  readonly guest: BareGuest;
  readonly uri: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What can be had of a guest: by snapctl's commands, and by its own shell. */
export interface GuestCommands {
  /** What each of several commands prints, which must all succeed; one run, within this process. */
  say(...commands: string[]): Promise<string[]>;
  /** What commands say that must all fail; one run of the program, which goes on after a failure at its prompt. */
  refusals(...commands: string[]): Promise<string[]>;
  /** Has a shell in the guest do something, and waits for its end; what it printed. */
  inGuest(script: string): Promise<string>;
}

/** @param place is asked at every command: a guest is there only once it has been started. */
export function commandsOn(place: () => GuestPlace): GuestCommands {
  return {
    async say(...commands) {
      const { uri, env } = place();
      Object.assign(process.env, env);
      const result = await runHere(uri, [commands.join('; echo =====; ')]);
      expect(result).toMatchObject({ code: 0, stderr: '' });
      return result.stdout.split('=====').map((text) => text.trim());
    },
    async refusals(...commands) {
      const { uri, env } = place();
      const { stderr } = await runProgram(uri, ['-q'], { env, input: `${commands.join('\n')}\n` });
      return stderr
        .trim()
        .split('\n')
        .map((line) => line.replace(/^error: /, ''));
    },
    async inGuest(script) {
      const agent = await GuestAgent.connect(place().guest.agent, { timeout: 60_000 });
      try {
        const words = { path: '/bin/busybox', arg: ['sh', '-c', script], 'capture-output': true };
        const { pid } = (await agent.execute('guest-exec', words, { timeout: 60_000 })) as { pid: number };
        for (;;) {
          const status = await agent.execute('guest-exec-status', { pid }, { timeout: 60_000 });
          const { exited, 'out-data': output = '' } = status as { exited: boolean; 'out-data'?: string };
          if (exited) return Buffer.from(output, 'base64').toString().trim();
        }
      } finally {
        agent.close();
      }
    },
  };
}
