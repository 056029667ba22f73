import {
  VIR_DOMAIN_SAVE_PAUSED,
  VIR_DOMAIN_SAVE_RUNNING,
  VIR_ERR_CONFIG_UNSUPPORTED,
  VIR_ERR_INVALID_ARG,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import type { DomainMemorySave } from '../../hypervisor/domain-memory-save.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import { saveMemory } from '../../snapshot/save-memory.js';
import { restoreSaved } from '../../snapshot/save-restore.js';
import type { BareDomain } from './bare-domain.js';
import { inModel } from './errors.js';

/** Saving a bare QEMU's memory to a file; the guest ends. */
export function memorySave(domain: BareDomain): Pick<DomainMemorySave, 'save' | 'saveFlags'> {
  const saveFlags: DomainMemorySave['saveFlags'] = (to, xml, flags = 0, options = {}) =>
    inModel(async () => {
      const runAfterwards = wishedState(flags, xml);
      const { signal = new AbortController().signal, onProgress } = options;
      try {
        await saveMemory(await domain.guest(), to, {
          runAfterwards,
          signal,
          ...(onProgress
            ? {
                onProgress: ({ total, remaining }) =>
                  onProgress({ dataTotal: BigInt(total), dataRemaining: BigInt(remaining) }),
              }
            : {}),
        });
      } finally {
        await domain.close();
      }
    });
  return { save: (to) => saveFlags(to, null), saveFlags };
}

/** Starts a guest again from what was saved. */
export const restoreDomain = (from: string, xml: string | null, flags: number): Promise<void> =>
  inModel(async () => {
    const running = wishedState(flags, xml);
    await restoreSaved(from, { running, signal: new AbortController().signal });
  });

/** @returns undefined if neither is asked for. @throws HypervisorError in libvirt's words */
function wishedState(flags: number, xml: string | null): boolean | undefined {
  const [running, paused] = [(flags & VIR_DOMAIN_SAVE_RUNNING) !== 0, (flags & VIR_DOMAIN_SAVE_PAUSED) !== 0];
  if (running && paused) {
    throw refused(
      VIR_ERR_INVALID_ARG,
      "invalid argument: Flags 'VIR_DOMAIN_SAVE_RUNNING' and 'VIR_DOMAIN_SAVE_PAUSED' are mutually exclusive",
    );
  }
  const other = flags & ~(VIR_DOMAIN_SAVE_RUNNING | VIR_DOMAIN_SAVE_PAUSED);
  if (other !== 0 || xml !== null) {
    throw refused(
      VIR_ERR_CONFIG_UNSUPPORTED,
      'unsupported configuration: a guest that is reached directly can be saved and restored as it is only',
    );
  }
  return running ? true : paused ? false : undefined;
}

const refused = (code: number, message: string): HypervisorError =>
  new HypervisorError(message, { code, domain: VIR_FROM_QEMU });
