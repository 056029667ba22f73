import { DOMParser } from '@xmldom/xmldom';
import {
  VIR_ERR_OPERATION_UNSUPPORTED,
  VIR_ERR_XML_ERROR,
  VIR_FROM_QEMU,
} from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';

/** What is to become of a network card: its cable is all that can be changed. */
export interface InterfaceChange {
  readonly mac: string | undefined;
  readonly target: string | undefined;
  readonly up: boolean;
}

/** Reads the <interface> of an update. @throws HypervisorError it is something else. */
export function interfaceChange(xml: string): InterfaceChange {
  const root = parse(xml);
  if (root.tagName !== 'interface') {
    throw failure(
      VIR_ERR_OPERATION_UNSUPPORTED,
      `Operation not supported: live update of device '${root.tagName}' is not supported`,
    );
  }
  const attribute = (child: string, name: string): string | undefined =>
    root.getElementsByTagName(child)[0]?.getAttribute(name) ?? undefined;
  return {
    mac: attribute('mac', 'address')?.toLowerCase(),
    target: attribute('target', 'dev'),
    up: attribute('link', 'state') !== 'down',
  };
}

function parse(xml: string) {
  const problems: string[] = [];
  try {
    const document = new DOMParser({
      onError: (_, message) => void problems.push(String(message)),
    }).parseFromString(xml, 'text/xml');
    const root = document.documentElement;
    if (root && problems.length === 0) return root;
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  throw failure(VIR_ERR_XML_ERROR, `XML error: ${problems[0] ?? 'the document is empty'}`);
}

const failure = (code: number, text: string): HypervisorError =>
  new HypervisorError(text, { code, domain: VIR_FROM_QEMU });
