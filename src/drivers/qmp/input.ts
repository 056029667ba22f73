import { VIR_ERR_INTERNAL_ERROR, VIR_FROM_QEMU } from '../../hypervisor/constants.js';
import type { DomainLifecycle } from '../../hypervisor/domain-lifecycle.js';
import type { DomainMemorySave } from '../../hypervisor/domain-memory-save.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { BareDomain } from './bare-domain.js';
import { DataStream } from './data-stream.js';
import { inModel } from './errors.js';
import { showScreen } from './screenshot.js';

/** A guest's keyboard and screen. */
export function input(
  domain: BareDomain,
): Pick<DomainLifecycle, 'sendKey'> & Pick<DomainMemorySave, 'screenshot'> {
  return {
    sendKey: (codeset, holdtime, keycodes) =>
      inModel(async () => {
        const numbers = await qnums(codeset, keycodes);
        const { qmp } = await domain.guest();
        await qmp.execute('send-key', {
          keys: numbers.map((data) => ({ type: 'number', data })),
          ...(holdtime > 0 && { 'hold-time': holdtime }),
        });
      }),
    screenshot: (stream, screen) =>
      inModel(async () => {
        if (!(stream instanceof DataStream)) throw new TypeError('the stream is of another connection');
        return showScreen(await domain.guest(), stream, screen);
      }),
  };
}

/** @throws HypervisorError in libvirt's words: QEMU has no such key. */
async function qnums(codeset: number, keycodes: readonly number[]): Promise<number[]> {
  const { codesetNames, qnumOf } = await import('./key-codes.js');
  const name = codesetNames[codeset];
  return keycodes.map((code) => {
    const qnum = name === 'qnum' ? code : name && qnumOf(name, code);
    if (qnum !== undefined) return qnum;
    throw new HypervisorError(
      `internal error: cannot translate keycode ${code} of ${name} codeset to qnum keycode`,
      { code: VIR_ERR_INTERNAL_ERROR, domain: VIR_FROM_QEMU },
    );
  });
}
