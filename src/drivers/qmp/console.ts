import { readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import {
  VIR_DOMAIN_CONSOLE_FORCE,
  VIR_ERR_INTERNAL_ERROR,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { QmpClient } from '../../qmp/index.js';
import type { Guest } from '../../snapshot/guest.js';
import type { BareDomain } from './bare-domain.js';
import { ConsoleClaim, consoleTaken } from './console-claim.js';
import { type ConsoleLine, openPty, openSocket } from './console-line.js';
import { ConsoleStream } from './console-stream.js';
import { inModel } from './errors.js';
import { type GuestTerminal, guestTerminals, type TerminalBackend } from './guest-terminals.js';

/** How long QEMU may take to see that another has left its socket. */
const LEAVING_MS = 2_000;
const LOOK_MS = 20;

/**
 * Attaches to a terminal of a bare QEMU. The monitor is given up meanwhile.
 * @param device the id of a character device, or of the guest's device; null for the first terminal.
 * @throws HypervisorError in libvirt's words.
 */
export const openConsole = (
  domain: BareDomain,
  device: string | null,
  flags: number,
): Promise<ConsoleStream> =>
  inModel(async () => {
    const guest = await domain.guest();
    const { label } = await find(guest.qmp, device);
    let stream: ConsoleStream | undefined;
    let lost = false;
    const onLost = (): void => {
      lost = true;
      stream?.destroy(takenAway());
    };
    const claim = await ConsoleClaim.make(domain.folder, label, flags, onLost);
    try {
      const path = await pathOfQemu(guest);
      const line = await openLine(await freeBackend(guest.qmp, label, flags), label, path);
      stream = new ConsoleStream(line.socket, async () => {
        line.close();
        await claim?.release();
      });
    } catch (error) {
      await claim?.release();
      throw error;
    }
    if (lost) stream.destroy(takenAway());
    // A monitor serves one at a time, and a console may stay open for days.
    await domain.release();
    return stream;
  });

async function find(qmp: QmpClient, device: string | null): Promise<GuestTerminal> {
  const terminals = await guestTerminals(qmp);
  const found = terminals.find(({ label, id }) => device === null || device === label || device === id);
  if (!found) throw internal(`cannot find character device ${device ?? '<null>'}`);
  if (found.backend.type === 'other') {
    throw internal(`character device ${device ?? found.label} is not using a PTY`);
  }
  return found;
}

/** Where the terminal is, once nobody else of ours has it. @throws HypervisorError another program has it. */
async function freeBackend(qmp: QmpClient, label: string, flags: number): Promise<TerminalBackend> {
  const patience = flags & VIR_DOMAIN_CONSOLE_FORCE ? LEAVING_MS : 0;
  const deadline = performance.now() + patience;
  for (;;) {
    const backend = (await guestTerminals(qmp)).find((each) => each.label === label)?.backend;
    if (!backend) throw internal(`cannot find character device ${label}`);
    if (!('taken' in backend) || !backend.taken) return backend;
    if (performance.now() >= deadline) {
      throw patience > 0
        ? consoleTaken(`another program is connected to character device ${label}, and stays so`)
        : consoleTaken();
    }
    // One of ours, sent away by our claim, has just closed its end: QEMU is about to see it.
    await delay(LOOK_MS);
  }
}

/** What a path that QEMU tells is called here: QEMU may see other file systems than we do. */
async function pathOfQemu({ process: qemu }: Guest): Promise<(path: string) => string> {
  if (!qemu) return (path) => path;
  const place = `/proc/${qemu.pid}`;
  const [theirs, ours] = await Promise.all([
    readlink(`${place}/ns/mnt`).catch(() => undefined),
    readlink('/proc/self/ns/mnt'),
  ]);
  const root = theirs === undefined || theirs === ours ? '' : `${place}/root`;
  return (path) => (path.startsWith('/') ? `${root}${path}` : `${place}/cwd/${path}`);
}

function openLine(
  backend: TerminalBackend,
  label: string,
  here: (path: string) => string,
): Promise<ConsoleLine> {
  switch (backend.type) {
    case 'pty':
      return openPty(here(backend.path), backend.path);
    case 'unix':
      return openSocket({ path: here(backend.path) }, backend.path);
    case 'tcp':
      return openSocket({ host: backend.host, port: backend.port }, `${backend.host}:${backend.port}`);
    case 'other':
      throw internal(`character device ${label} is not using a PTY`);
  }
}

const internal = (message: string): HypervisorError =>
  new HypervisorError(`internal error: ${message}`, { code: VIR_ERR_INTERNAL_ERROR, domain: VIR_FROM_QEMU });

const takenAway = (): HypervisorError =>
  new HypervisorError('stream had I/O failure', { code: VIR_ERR_INTERNAL_ERROR, domain: VIR_FROM_QEMU });
