import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ReceivedCommand {
  execute?: string;
  'exec-oob'?: string;
  arguments?: Record<string, unknown>;
  id: number;
}

/** One client's connection, seen from the monitor. */
export class FakeConnection {
  readonly received: ReceivedCommand[] = [];
  /** The pieces as they were read from the socket. */
  readonly reads: string[] = [];
  #rest = '';

  constructor(
    readonly socket: Socket,
    onCommand: (command: ReceivedCommand, connection: FakeConnection) => void,
  ) {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      this.reads.push(chunk.toString());
      this.#rest += chunk.toString();
      for (let end = this.#rest.indexOf('\n'); end >= 0; end = this.#rest.indexOf('\n')) {
        const command = JSON.parse(this.#rest.slice(0, end)) as ReceivedCommand;
        this.#rest = this.#rest.slice(end + 1);
        this.received.push(command);
        onCommand(command, this);
      }
    });
  }

  send(...messages: unknown[]): void {
    this.socket.write(messages.map((message) => `${JSON.stringify(message)}\r\n`).join(''));
  }

  reply(id: unknown, value: unknown = {}): void {
    this.send({ return: value, id });
  }
}

export const greeting = {
  QMP: { version: { qemu: { major: 7, minor: 2, micro: 22 }, package: 'test' }, capabilities: ['oob'] },
};

/** A monitor that says what a test has it say; answers qmp_capabilities by itself. */
export class FakeMonitor {
  readonly folder = mkdtempSync(join(tmpdir(), 'snapctl-qmp-'));
  readonly path: string;
  readonly connections: FakeConnection[] = [];
  greets = true;
  /** Sent, as it is, before the answer to qmp_capabilities. */
  beforeFirstReply = '';
  #server: Server;

  /** @param onCommand gets every command but qmp_capabilities */
  constructor(
    onCommand: (command: ReceivedCommand, connection: FakeConnection) => void = () => {},
    name = 'monitor.sock',
  ) {
    this.path = join(this.folder, name);
    this.#server = createServer((socket) => {
      const connection = new FakeConnection(socket, (command, self) => {
        if (command.execute === 'qmp_capabilities') {
          socket.write(this.beforeFirstReply);
          self.reply(command.id);
        } else onCommand(command, self);
      });
      this.connections.push(connection);
      if (this.greets) connection.send(greeting);
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(this.path, resolve));
    return this;
  }

  get last(): FakeConnection {
    const connection = this.connections.at(-1);
    if (!connection) throw new Error('nobody is connected');
    return connection;
  }

  /** How many clients the monitor still has. */
  get open(): number {
    return this.connections.filter(({ socket }) => !socket.destroyed).length;
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
