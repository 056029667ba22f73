import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import {
  VIR_DOMAIN_BLOCK_COPY_REUSE_EXT,
  VIR_DOMAIN_BLOCK_COPY_SHALLOW,
  VIR_DOMAIN_BLOCK_COPY_SYNCHRONOUS_WRITES,
  VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB,
} from '../hypervisor/constants.js';
import type { BlockdevOptions } from '../qmp/index.js';
import type { Guest } from '../snapshot/guest.js';
import { type ImageInfo, readImageInfo } from '../snapshot/image-info.js';
import { realFile } from '../snapshot/real-file.js';
import { blockJobId } from './block-job-ids.js';
import { bytesPerSecond } from './block-job-speed.js';
import { type Announce, alreadyActive, startBlockJob } from './block-job-start.js';
import { type DiskChain, findChain } from './disk-chain.js';
import { checkDestination, createImage, type Destination } from './image-destination.js';
import { checkFlags, refusal } from './refusals.js';

const KNOWN =
  VIR_DOMAIN_BLOCK_COPY_SHALLOW |
  VIR_DOMAIN_BLOCK_COPY_REUSE_EXT |
  VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB |
  VIR_DOMAIN_BLOCK_COPY_SYNCHRONOUS_WRITES;

export interface CopyRequest {
  readonly disk: string;
  /** Without a format, that of the disk. */
  readonly to: Omit<Destination, 'format'> & { readonly format?: string | undefined };
  /** Bytes a second; 0 for as many as possible. */
  readonly bandwidth: bigint;
  readonly granularity: number;
  readonly bufferSize: bigint;
  /** VIR_DOMAIN_BLOCK_COPY_*. */
  readonly flags: number;
}

/**
 * Starts to copy a disk elsewhere; the job then keeps both equal until it is told to end.
 * @throws HypervisorError in libvirt's words.
 */
export async function startCopy(guest: Guest, request: CopyRequest, announce: Announce): Promise<void> {
  const { flags, granularity, bufferSize } = request;
  checkFlags(flags, KNOWN, 'virDomainBlockCopy');
  const has = (bit: number): boolean => (flags & bit) !== 0;
  const [shallow, reuse] = [has(VIR_DOMAIN_BLOCK_COPY_SHALLOW), has(VIR_DOMAIN_BLOCK_COPY_REUSE_EXT)];
  if (granularity !== 0 && (granularity & (granularity - 1)) !== 0)
    throw refusal('invalid', 'granularity must be power of 2');
  const speed = bytesPerSecond(request.bandwidth, true);
  const chain = await findChain(guest, request.disk);
  const { disk, images } = chain;
  if (disk.medium.busy) throw alreadyActive(disk.target);
  const to = await chooseDestination(chain, request, { shallow, reuse });
  const existing = reuse ? await examineExisting(chain, to, shallow) : undefined;
  const backing = shallow ? images[1] : undefined;
  const node = `snapctl-c${randomBytes(4).toString('hex')}`;
  const plan = {
    id: blockJobId('copy', disk.target),
    type: 'copy' as const,
    disk: disk.target,
    from: images[0].file,
    to: to.file,
    nodes: [node, `${node}f`],
    close: [to.file, ...images.map(({ file }) => file)],
    remove: [],
    speed,
    announce,
  };
  return startBlockJob(guest, {
    ...plan,
    create: reuse
      ? undefined
      : {
          file: to.type === 'file' ? to.file : null,
          run: () => createImage(guest, to, disk.medium.size, backing),
        },
    prepare: async () => {
      await guest.qmp.execute('blockdev-add', targetNode(chain, to, node, backing?.node, existing));
    },
    start: (job) =>
      guest.qmp.execute('blockdev-mirror', {
        ...job,
        device: images[0].node,
        target: node,
        sync: shallow ? 'top' : 'full',
        ...(granularity > 0 ? { granularity } : {}),
        ...(bufferSize > 0n ? { 'buf-size': Number(bufferSize) } : {}),
        'copy-mode': has(VIR_DOMAIN_BLOCK_COPY_SYNCHRONOUS_WRITES) ? 'write-blocking' : 'background',
      }),
  });
}

interface Manner {
  readonly shallow: boolean;
  readonly reuse: boolean;
}

async function chooseDestination(
  { disk, images }: DiskChain,
  { to }: CopyRequest,
  { shallow, reuse }: Manner,
): Promise<Destination> {
  const { type, format = reuse ? undefined : disk.medium.format } = to;
  if (format === undefined) throw refusal('invalid', 'reused mirror destination format must be specified');
  if (!['raw', 'qcow2'].includes(format))
    throw refusal('configuration', `a copy can be made as raw or qcow2, not as ${format}`);
  if (shallow && format === 'raw' && images.length > 1) {
    throw refusal('invalid', `shallow copy of disk '${disk.target}' into a raw file is not possible`);
  }
  const file = type === 'block' ? to.file : await realFile(resolve(to.file));
  await checkDestination(disk.target, { file, type }, reuse);
  return { file, type, format };
}

/** QEMU would write into anything, and put the guest on it. @throws HypervisorError it can't take the disk's place. */
async function examineExisting(
  { disk, images }: DiskChain,
  { file, format, type }: Destination,
  shallow: boolean,
): Promise<ImageInfo> {
  const refuse = (reason: string): Error =>
    refusal('configuration', `existing file for disk ${disk.target} cannot be used: ${file}: ${reason}`);
  const real = await realFile(file);
  if (images.some((image) => image.file === real)) throw refuse('the disk is on it already');
  const info = await readImageInfo(file, format).catch(() => {
    throw refuse(`it is no ${format} image`);
  });
  const { size } = disk.medium;
  if (type === 'block' && format === 'raw' ? info.size < size : info.size !== size)
    throw refuse(`its size is ${info.size} bytes, the disk's is ${size}`);
  if (!shallow && info.backing !== undefined)
    throw refuse(`it lies on '${info.backing}', which a whole copy does not read`);
  return info;
}

/** The destination as a node. One that was there brings what it lies on by itself. */
function targetNode(
  { disk: { medium } }: DiskChain,
  { file, type, format }: Destination,
  node: string,
  backing: string | undefined,
  existing: ImageInfo | undefined,
): BlockdevOptions & { 'node-name': string } {
  const cache = { direct: medium.cache.direct, 'no-flush': medium.cache['no-flush'] };
  const driver = type === 'block' ? 'host_device' : 'file';
  const own = format === 'raw' || existing?.backing !== undefined ? {} : { backing: backing ?? null };
  return {
    driver: format,
    'node-name': node,
    cache,
    'detect-zeroes': medium.detectZeroes,
    ...own,
    file: { driver, 'node-name': `${node}f`, filename: file, cache },
  };
}
