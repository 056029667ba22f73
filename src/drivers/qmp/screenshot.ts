import { VIR_ERR_INVALID_ARG, VIR_ERR_OPERATION_INVALID, VIR_FROM_QEMU } from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import { qomDevices } from '../../plug/qom-devices.js';
import { CommandFailure, type QmpClient, type ScreenDumpOptions, screenDump } from '../../qmp/index.js';
import type { Guest } from '../../snapshot/guest.js';
import type { DataStream } from './data-stream.js';

/** QOM types of the devices that have a screen. */
const displays =
  /^(.*VGA.*|.*-vga|qxl.*|virtio-gpu.*|virtio-vga.*|vhost-user-(gpu|vga).*|bochs-display|ramfb|ati-vga)$/;

/**
 * Has a stream give what a screen shows.
 * @param screen the number of a display device that has an id, in QEMU's order; 0 is the first screen in any case.
 * @returns its MIME type.
 * @throws HypervisorError in libvirt's words.
 */
export async function showScreen({ qmp }: Guest, stream: DataStream, screen: number): Promise<string> {
  const device = screen === 0 ? undefined : await displayOf(qmp, screen);
  const options: ScreenDumpOptions = device === undefined ? {} : { device };
  try {
    stream.attach(await screenDump(qmp, { ...options, format: 'png' }));
    return 'image/png';
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    if (/no console|No such device|not a display/i.test(error.description) && screen === 0)
      throw noScreen(error);
    // Built without libpng.
    if (!/png/i.test(error.description)) throw error;
  }
  stream.attach(await screenDump(qmp, options));
  return 'image/x-portable-pixmap';
}

async function displayOf(qmp: QmpClient, screen: number): Promise<string> {
  const found = (await qomDevices(qmp)).filter(({ type, id }) => displays.test(type) && id !== undefined);
  const id = found[screen]?.id;
  if (id !== undefined) return id;
  throw new HypervisorError('invalid argument: no such screen ID', {
    code: VIR_ERR_INVALID_ARG,
    domain: VIR_FROM_QEMU,
  });
}

const noScreen = (cause: unknown): HypervisorError =>
  new HypervisorError('Requested operation is not valid: no screens to take screenshot from', {
    code: VIR_ERR_OPERATION_INVALID,
    domain: VIR_FROM_QEMU,
    cause,
  });
