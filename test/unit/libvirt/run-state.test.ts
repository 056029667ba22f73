import { expect, test } from '@jest/globals';
import { defaultURI } from '../../../src/hypervisor/open.js';
import {
  describeReason,
  describeState,
  REASON_WORDS,
  STATE_WORDS,
} from '../../../src/hypervisor/run-state.js';
import * as C from '../../../src/libvirt/constants.js';

const NUMBERS: Record<string, number> = { ...C } as never;

// The header's own *_LAST values say how many words each table needs.
test.each([
  ['NOSTATE', C.VIR_DOMAIN_NOSTATE],
  ['RUNNING', C.VIR_DOMAIN_RUNNING],
  ['BLOCKED', C.VIR_DOMAIN_BLOCKED],
  ['PAUSED', C.VIR_DOMAIN_PAUSED],
  ['SHUTDOWN', C.VIR_DOMAIN_SHUTDOWN],
  ['SHUTOFF', C.VIR_DOMAIN_SHUTOFF],
  ['CRASHED', C.VIR_DOMAIN_CRASHED],
  ['PMSUSPENDED', C.VIR_DOMAIN_PMSUSPENDED],
])('every reason of %s has a word', (name, state) => {
  const last = NUMBERS[`VIR_DOMAIN_${name}_LAST`] ?? Number.NaN;
  expect(REASON_WORDS[state]?.length).toBeGreaterThanOrEqual(last);
  expect(STATE_WORDS[state]).toBeDefined();
});

test('the words that matter most', () => {
  expect(describeState(C.VIR_DOMAIN_PAUSED)).toBe('paused');
  expect(describeReason(C.VIR_DOMAIN_PAUSED, C.VIR_DOMAIN_PAUSED_SNAPSHOT)).toBe('creating snapshot');
  expect(describeReason(C.VIR_DOMAIN_SHUTOFF, C.VIR_DOMAIN_SHUTOFF_FROM_SNAPSHOT)).toBe('from snapshot');
  expect(describeState(99)).toBe('no state');
  expect(describeReason(C.VIR_DOMAIN_RUNNING, 99)).toBe('unknown');
});

test('the URI asked for goes before both variables, and empty is unset', () => {
  const both = { VIRSH_DEFAULT_CONNECT_URI: 'a:///', LIBVIRT_DEFAULT_URI: 'b:///' };
  expect(defaultURI('c:///', both)).toBe('c:///');
  expect(defaultURI(undefined, both)).toBe('a:///');
  expect(defaultURI('', { ...both, VIRSH_DEFAULT_CONNECT_URI: '' })).toBe('b:///');
  expect(defaultURI(undefined, {})).toBeUndefined();
});
