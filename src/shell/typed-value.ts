import type { TypedParameter } from '../hypervisor/index.js';
import { fixedDecimals } from './fixed-decimals.js';

/** A typed parameter's value as virsh prints it: yes or no for booleans, six decimals for doubles. */
export function typedValueText(parameter: TypedParameter): string {
  if (parameter.type === 'boolean') return parameter.value ? 'yes' : 'no';
  if (parameter.type === 'double') return fixedDecimals(parameter.value, 6);
  return String(parameter.value);
}
