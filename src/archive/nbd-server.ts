import { chmod, chown, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { NbdExtent } from './nbd-protocol.js';
import { serveNbd } from './nbd-service.js';

/** What a server offers, to be read only. */
export interface NbdExport {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** @returns exactly `length` bytes, not to be changed by anybody; never asked for beyond the end. */
  read(offset: number, length: number): Promise<Buffer>;
  /** What lies from an offset on: at least one extent, `length` bytes in all at most. */
  extents(offset: number, length: number): Promise<readonly NbdExtent[]>;
}

export interface NbdServerOptions {
  /** Whom the socket is for, if not for us. */
  readonly owner?: { readonly uid: number; readonly gid: number } | null;
  /** A read of an export failed, and the client was told so. */
  readonly onFailure?: (name: string, error: Error) => void;
}

/** Serves exports on a unix socket, to any number of clients, for reading only. */
export class NbdServer {
  readonly socket: string;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();

  private constructor(socket: string, server: Server, connections: Set<Socket>) {
    this.socket = socket;
    this.#server = server;
    this.#connections = connections;
  }

  /** @param socket must not be there yet; readable by its owner alone. @throws SystemError */
  static async listen(
    socket: string,
    exports: readonly NbdExport[],
    { owner, onFailure }: NbdServerOptions = {},
  ): Promise<NbdServer> {
    const byName = new Map(exports.map((each) => [each.name, each]));
    const connections = new Set<Socket>();
    const server = createServer((connection) => {
      connections.add(connection);
      connection.once('close', () => connections.delete(connection));
      void serveNbd(connection, byName, (name, error) => onFailure?.(name, error));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socket, resolve);
    });
    await chmod(socket, 0o600);
    if (owner && process.getuid?.() === 0) await chown(socket, owner.uid, owner.gid);
    return new NbdServer(socket, server, connections);
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.destroy();
    await closed;
    await rm(this.socket, { force: true });
  }
}
