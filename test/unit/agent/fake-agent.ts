import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface AgentRequest {
  execute: string;
  arguments?: Record<string, unknown>;
  /** The request as it was sent. */
  text: string;
}

/** The delimiter, then an id as if it were returned. */
export const delimited = (id: number) => Buffer.concat([Buffer.of(0xff), Buffer.from(`{"return": ${id}}`)]);

/** How a request is answered: with lines written as they are; nothing if undefined. */
export type Answerer = (request: AgentRequest, send: (...lines: (string | Buffer)[]) => void) => void;

/**
 * An agent as QEMU's is, down to the syntax error it answers the delimiter with. guest-sync-delimited is answered here
 * while `synchronizes` is set, everything else by the test.
 */
export class FakeAgent {
  readonly folder = mkdtempSync(join(tmpdir(), 'snapctl-agent-'));
  readonly path = join(this.folder, 'agent');
  readonly requests: AgentRequest[] = [];
  synchronizes = true;
  /** What a synchronization is answered with; a real agent: the delimiter, then the id. */
  answerSync: (id: number) => (string | Buffer)[] = (id) => [delimited(id)];
  #server: Server;
  readonly #sockets = new Set<Socket>();
  #unanswered: (() => void)[] = [];

  constructor(answer: Answerer = () => {}) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
      const send = (...lines: (string | Buffer)[]) =>
        void socket.write(
          Buffer.concat(lines.flatMap((line) => [Buffer.from(line as string), Buffer.from('\n')])),
        );
      let rest = Buffer.alloc(0);
      socket.on('data', (chunk) => {
        rest = Buffer.concat([rest, chunk]);
        for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
          const line = rest.subarray(0, end);
          rest = rest.subarray(end + 1);
          if (line[0] === 0xff) {
            send('{"error": {"class": "GenericError", "desc": "JSON parse error, invalid token"}}');
          }
          const text = line.subarray(line.lastIndexOf(0xff) + 1).toString();
          const request = { ...(JSON.parse(text) as { execute: string }), text } as AgentRequest;
          this.requests.push(request);
          const act = () => {
            if (request.execute === 'guest-sync-delimited') {
              send(...this.answerSync(Number(request.arguments?.id)));
            } else answer(request, send);
          };
          // A real agent does one thing after the other, so what it does not do now holds up all that follows.
          if (this.synchronizes && this.#unanswered.length === 0) act();
          else this.#unanswered.push(act);
        }
      });
    });
  }

  /** The names of the requests, synchronizations left out. */
  get commands(): string[] {
    return this.requests.map(({ execute }) => execute).filter((name) => name !== 'guest-sync-delimited');
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(this.path, resolve));
    return this;
  }

  /** Stops acting on requests: they wait. */
  hang(): void {
    this.synchronizes = false;
  }

  /** Acts on all that waits, in order. */
  wake(): void {
    this.synchronizes = true;
    for (const act of this.#unanswered.splice(0)) act();
  }

  /** Closes all connections. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.drop();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
