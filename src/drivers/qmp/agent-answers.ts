import { AgentNonsense } from '../../agent/index.js';

// What a guest answers is checked before it is believed: the guest may be hostile, or its agent another one.

const nonsense = (): AgentNonsense =>
  new AgentNonsense('the guest agent answered with something that the command does not return');

export function expectList(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw nonsense();
  return value;
}

export function expectObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw nonsense();
  return value as Record<string, unknown>;
}
