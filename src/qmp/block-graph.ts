import type { QmpClient } from './client.js';
import { CommandFailure } from './errors.js';
import type { BlockDevice, BlockNode, DebugBlockGraph } from './schema/block.js';

/** Who uses a node, and in which role (`root` for a device or an export, `file`, `backing`, …). */
export interface NodeUser {
  kind: 'device' | 'job' | 'node';
  /** The device's or job's id (empty for a device that was given a node by -device drive=), or the node's name. */
  name: string;
  role: string;
}

/** The block layer at one moment. Node names are unique; nodes that QEMU named itself begin with `#`. */
export class BlockGraph {
  readonly nodes: ReadonlyMap<string, BlockNode>;
  readonly devices: readonly BlockDevice[];
  readonly #edges: DebugBlockGraph | undefined;

  constructor(
    nodes: readonly BlockNode[],
    devices: readonly BlockDevice[],
    edges: DebugBlockGraph | undefined,
  ) {
    this.nodes = new Map(
      nodes.flatMap((node) => (node['node-name'] ? [[node['node-name'], node] as const] : [])),
    );
    this.devices = devices;
    this.#edges = edges;
  }

  /**
   * The device that a user means: by its own id, its QOM path, the -drive id, or the name of the node it is on. A
   * device whose frontend is nested (virtio: `/machine/peripheral/vda/virtio-backend`) is found by its outer id too.
   */
  findDevice(name: string): BlockDevice | undefined {
    const by = (test: (device: BlockDevice) => boolean) => this.devices.find(test);
    return (
      by((device) => device.qdev === name) ??
      by((device) => device.qdev !== undefined && deviceId(device.qdev) === name) ??
      by((device) => device.device !== '' && device.device === name) ??
      by((device) => device.inserted?.['node-name'] === name)
    );
  }

  /**
   * Who uses the node; undefined if this QEMU cannot tell.
   */
  usersOf(nodeName: string): NodeUser[] | undefined {
    const graph = this.#edges;
    if (!graph) return undefined;
    const ids = graph.nodes
      .filter(({ type, name }) => type === 'block-driver' && name === nodeName)
      .map(({ id }) => id);
    return graph.edges
      .filter(({ child }) => ids.includes(child))
      .flatMap(({ parent, name: role }) => {
        const user = graph.nodes.find(({ id }) => id === parent);
        return user ? [{ kind: kinds[user.type], name: user.name, role }] : [];
      });
  }

  /** The name of a node's child in a role (`backing`, `file`); undefined if there is none, or QEMU cannot tell. */
  childOf(nodeName: string, role: string): string | undefined {
    const graph = this.#edges;
    const parent = graph?.nodes.find(({ type, name }) => type === 'block-driver' && name === nodeName);
    const edge = graph?.edges.find((each) => each.parent === parent?.id && each.name === role);
    return graph?.nodes.find(({ id }) => id === edge?.child)?.name;
  }

  /** The names from a node down its backing chain, itself first. Nodes that filter (a job's, a throttle's) are in it. */
  chainOf(nodeName: string): string[] {
    const chain: string[] = [];
    let next: string | undefined = nodeName;
    while (next !== undefined && !chain.includes(next)) {
      chain.push(next);
      next = this.childOf(next, 'backing');
    }
    return chain;
  }

  /** Whether a running or concluded job holds the node: such a node cannot be snapshotted or removed. */
  isJobOwned(nodeName: string): boolean {
    return this.usersOf(nodeName)?.some(({ kind }) => kind === 'job') ?? false;
  }
}

/**
 * Reads the block graph. The devices, nodes and edges are asked for in one write, so that no other command of ours
 * changes the graph between them.
 */
export async function queryBlockGraph(client: QmpClient): Promise<BlockGraph> {
  const [nodes, devices, edges] = await client.executeTogether([
    { execute: 'query-named-block-nodes', arguments: { flat: true } },
    { execute: 'query-block' },
    // Marked unstable in the schema, but unchanged from 4.0 to 10.0, and nothing else tells who uses a node.
    { execute: 'x-debug-query-block-graph' },
  ]);
  if (nodes.status === 'rejected') throw nodes.reason;
  if (devices.status === 'rejected') throw devices.reason;
  if (edges.status === 'rejected' && !(edges.reason instanceof CommandFailure)) throw edges.reason;
  return new BlockGraph(nodes.value, devices.value, edges.status === 'fulfilled' ? edges.value : undefined);
}

const kinds = { 'block-backend': 'device', 'block-job': 'job', 'block-driver': 'node' } as const;

/** `vda` of /machine/peripheral/vda/virtio-backend and of /machine/peripheral/vda. */
function deviceId(qomPath: string): string | undefined {
  return /^\/machine\/peripheral\/([^/]+)(?:\/virtio-backend)?$/.exec(qomPath)?.[1];
}
