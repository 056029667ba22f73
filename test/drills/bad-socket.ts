import { linkSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { complaintsAbout, RunningCommand } from './command.js';
import type { LoneDrill } from './drill.js';

const GREETING = `${JSON.stringify({
  QMP: { version: { qemu: { major: 10, minor: 0, micro: 2 }, package: '' }, capabilities: ['oob'] },
})}\r\n`;
/** A named socket that doesn't answer is waited for some seconds, and no more. */
const PROMPT_MS = 15_000;

/** What may sit behind a path that is said to be a monitor; undefined: nobody listens. */
const impostors: Readonly<Record<string, ((socket: Socket) => void) | undefined>> = {
  'is mute': () => undefined,
  'hangs up': (socket) => socket.destroy(),
  'greets and hangs up': (socket) => socket.end(GREETING),
  'greets and is mute': (socket) => socket.write(GREETING),
  'speaks HTTP': (socket) => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'),
  'sends bytes': (socket) => socket.write(Buffer.alloc(70_000, 0xfe)),
  'never ends its line': (socket) => {
    const chunk = Buffer.alloc(1 << 20, 'a');
    const more = (): boolean => !socket.destroyed && socket.write(chunk, () => setImmediate(more));
    more();
  },
  'answers what was not asked': (socket) => {
    socket.write(GREETING);
    socket.on('data', () => socket.write('{"return": {}, "id": 987654}\r\n'));
  },
  'answers everything with null': (socket) => {
    socket.write(GREETING);
    socket.on('data', (chunk) => {
      for (const [, id] of chunk.toString().matchAll(/"id":\s*(\d+)/g))
        socket.write(`{"return": null, "id": ${id}}\r\n`);
    });
  },
  'answers everything with an error': (socket) => {
    socket.write(GREETING);
    socket.on('data', (chunk) => {
      for (const [, id] of chunk.toString().matchAll(/"id":\s*(\d+)/g)) {
        socket.write(`{"error": {"class": "GenericError", "desc": "no"}, "id": ${id}}\r\n`);
      }
    });
  },
  'is gone': undefined,
  'is a file': undefined,
  'left its socket behind': undefined,
};

/** A monitor that is mute, gone, somebody else, or speaks nonsense. */
export const badSocket: LoneDrill = {
  name: 'bad socket',
  usual: 2 * Object.keys(impostors).length,
  needsGuest: false,
  async run({ snapctl }, random) {
    const name = next();
    const folder = mkdtempSync(join(tmpdir(), 'impostor-'));
    const path = join(folder, 'monitor');
    const temporary = join(folder, 't');
    mkdirSync(temporary);
    const sockets = new Set<Socket>();
    let server: Server | undefined;
    try {
      const behave = impostors[name];
      if (behave || name === 'left its socket behind') {
        server = createServer((socket) => {
          sockets.add(socket);
          socket.on('error', () => undefined);
          behave?.(socket);
        });
        await new Promise<void>((resolve) => server?.listen(path, resolve));
        // Its file goes with it, unless something is put in its place meanwhile: a socket nobody listens on.
        if (!behave) await leaveBehind(server, path);
      } else if (name === 'is a file') {
        writeFileSync(path, GREETING);
      }
      const words = random.pick([
        ['list', '--all'],
        ['snapshot-create-as', 'monitor', 's1', '--disk-only'],
        ['recover', 'monitor'],
      ]);
      const command = new RunningCommand(snapctl, ['-c', `qmp://${path}`, ...words], {
        SNAPCTL_STATE_DIR: join(folder, 'state'),
        TMPDIR: temporary,
      });
      const result = await command.within(60_000);
      const findings = complaintsAbout(result);
      if (words[0] !== 'recover' && result.status !== 1) findings.push(`it ended with ${result.status}`);
      if (result.milliseconds > PROMPT_MS) findings.push(`it took ${Math.round(result.milliseconds)} ms`);
      return { what: `${name}, ${words[0]}: ${result.stderr.trim()}`, findings };
    } finally {
      for (const socket of sockets) socket.destroy();
      server?.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

let turn = 0;

/** Each in its turn, so that none is left out. */
function next(): string {
  const names = Object.keys(impostors);
  turn += 1;
  return names[turn % names.length] as string;
}

async function leaveBehind(server: Server, path: string): Promise<void> {
  const kept = `${path}.kept`;
  linkSync(path, kept);
  await new Promise((resolve) => server.close(resolve));
  renameSync(kept, path);
}
