import type { Readable } from 'node:stream';
import { DomainBlockDevice } from './block-device.js';
import { BlockGraph } from './block-graph.js';
import { DomainBlockJob } from './block-job.js';
import type { ArgumentsThen, CallOptions } from './call.js';
import { type ConnectOptions, QmpClient } from './client.js';
import { BlockDeviceNotFound } from './errors.js';
import type { EventListener, ListenOptions } from './event-listener.js';
import type { BlockStatistics } from './schema/block.js';
import type { CommandReturns } from './schema/commands.js';
import type { Cpu, PciDevice, RunState } from './schema/machine.js';
import { type ScreenDumpOptions, screenDump } from './screen-dump.js';
import type { WaitOptions } from './waiter.js';

/** A command as QMP has it. */
export interface RawCommand {
  execute: string;
  arguments?: Record<string, unknown>;
}

/**
 * A virtual machine behind a monitor: what one does to it most, without knowing QMP. What goes wrong is one of the errors
 * of this package: BlockDeviceNotFound; DisconnectedError and ConnectError; TimeoutError; CommandFailure with QEMU's
 * class of error; JobFailure with a job's. For anything that is not here there are execute() and the client itself.
 */
export class Domain {
  readonly client: QmpClient;

  /** @param client one that is connected */
  constructor(client: QmpClient) {
    this.client = client;
  }

  /** @param path of the monitor's unix socket @throws what QmpClient.connect() throws */
  static async connect(path: string, options: ConnectOptions = {}): Promise<Domain> {
    return new Domain(await QmpClient.connect(path, options));
  }

  /** Closes the connection: calls and listeners that still wait get a DisconnectedError. The machine goes on. */
  async close(): Promise<void> {
    await this.client.disconnect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** What QEMU was told to call it (-name); undefined without one. */
  async name(): Promise<string | undefined> {
    return (await this.client.execute('query-name')).name;
  }

  /** The names of the commands that this QEMU has. */
  async commands(): Promise<string[]> {
    return (await this.client.execute('query-commands')).map(({ name }) => name);
  }

  async supported(command: string): Promise<boolean> {
    return (await this.commands()).includes(command);
  }

  async blockDevices(): Promise<DomainBlockDevice[]> {
    return (await this.client.execute('query-block')).map((info) => new DomainBlockDevice(this.client, info));
  }

  /**
   * The block device of a name: its -drive id, the device's own id or QOM path, or the node it is on.
   * @throws BlockDeviceNotFound
   */
  async blockDevice(name: string): Promise<DomainBlockDevice> {
    const found = new BlockGraph([], await this.client.execute('query-block'), undefined).findDevice(name);
    if (!found) throw new BlockDeviceNotFound(name);
    return new DomainBlockDevice(this.client, found);
  }

  async blockJobs(): Promise<DomainBlockJob[]> {
    return (await this.client.execute('query-block-jobs')).map(
      (info) => new DomainBlockJob(this.client, info.device, info),
    );
  }

  /** A device's counters since the start, in QEMU's order. */
  async blockStats(): Promise<BlockStatistics[]> {
    return this.client.execute('query-blockstats');
  }

  async cpus(): Promise<Cpu[]> {
    return this.client.execute('query-cpus-fast');
  }

  /** All devices of all PCI buses; a bridge is followed by what is behind it. */
  async pciDevices(): Promise<PciDevice[]> {
    const withThoseBehind = (device: PciDevice): PciDevice[] => [
      device,
      ...(device.pci_bridge?.devices ?? []).flatMap(withThoseBehind),
    ];
    return (await this.client.execute('query-pci'))
      .flatMap(({ devices }) => devices)
      .flatMap(withThoseBehind);
  }

  /** Events from now on, for `for await`; leaving the loop ends it. See EventListener for more. */
  events<const Name extends string = string>(options: ListenOptions<Name> = {}): EventListener<Name> {
    return this.client.listen(options);
  }

  /** Runs a command with its arguments and results typed. @throws as QmpClient.execute() does */
  execute<Name extends string>(
    name: Name,
    ...rest: ArgumentsThen<Name, [options?: CallOptions]>
  ): Promise<CommandReturns<Name>> {
    return this.client.execute(name, ...rest);
  }

  /**
   * Runs any command.
   * @returns the whole answer as QEMU wrote it, `{"return": …}`, in which numbers keep all their digits
   * @throws as QmpClient.execute() does
   */
  run({ execute, arguments: args }: RawCommand, options: CallOptions = {}): Promise<string> {
    return this.client.executeForText(execute, args, options);
  }

  /** A picture of the screen, as a stream; destroy it if it is not read to its end. */
  screenDump(options: ScreenDumpOptions = {}): Promise<Readable> {
    return screenDump(this.client, options);
  }

  async status(): Promise<RunState> {
    return (await this.client.execute('query-status')).status;
  }

  /** Presses the power button; the guest does what it likes with that. */
  async systemPowerdown(options: WaitOptions = {}): Promise<void> {
    await this.client.execute('system_powerdown', undefined, options);
  }

  /** Presses the reset button. */
  async systemReset(options: WaitOptions = {}): Promise<void> {
    await this.client.execute('system_reset', undefined, options);
  }

  /** QEMU's version, for example `7.2.22`. */
  async version(): Promise<string> {
    const { major, minor, micro } = (await this.client.execute('query-version')).qemu;
    return `${major}.${minor}.${micro}`;
  }

  /** What its packager calls it, for example `Debian 1:7.2+dfsg-7+deb12u18`; may be empty. */
  async packageVersion(): Promise<string> {
    return (await this.client.execute('query-version')).package;
  }
}
