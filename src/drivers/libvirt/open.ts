import type { Connection } from '../../hypervisor/connection.js';
import type { OpenOptions } from '../../hypervisor/open.js';
import type { DispatcherOptions } from '../../libvirt/dispatcher.js';
import { startWorker } from '../../libvirt/start-worker.js';

/**
 * Opens any URI libvirt knows; undefined lets libvirt choose.
 * @throws HypervisorError; LibraryMissingError where libvirt isn't installed.
 */
export async function open(uri: string | undefined, options: OpenOptions = {}): Promise<Connection> {
  const lanes = options.mode === 'lanes';
  const settings: DispatcherOptions = {
    uri,
    readonly: options.readonly ?? false,
    // A prompt of libvirt's own would fight with the one on an interactive terminal.
    auth: !lanes,
    keepalive: options.keepalive,
  };
  // A thread takes as long to come up as everything else to be loaded.
  const first = lanes ? startWorker({ role: 'calls', options: settings }) : undefined;
  try {
    return await (await import('./connect.js')).connect(settings, options, first);
  } catch (error) {
    await first?.terminate();
    throw error;
  }
}
