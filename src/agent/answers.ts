import type { AgentReply } from './channel.js';
import { AgentNonsense } from './errors.js';
import type { GuestAgentInfo, GuestFileSystem } from './guest-agent.js';

// What a guest answers is checked before it is believed: the guest may be hostile, or its agent another one.

type Fields = Record<string, unknown>;

/** A string, or the string in a field of the object that was answered. */
export function expectString({ value }: AgentReply, field?: string): string {
  const found = field === undefined ? value : fields(value)[field];
  if (typeof found !== 'string') throw nonsense();
  return found;
}

export function expectCount({ value }: AgentReply): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw nonsense();
  return value;
}

/** Nanoseconds: they need more digits than JSON.parse keeps, so they are taken from the text. */
export function expectTime({ value, text }: AgentReply): bigint {
  const digits = /"return"\s*:\s*(-?\d{1,20})\s*[,}]/.exec(text)?.[1];
  if (typeof value !== 'number' || digits === undefined) throw nonsense();
  return BigInt(digits);
}

export function expectInfo({ value }: AgentReply): GuestAgentInfo {
  const info = fields(value);
  if (typeof info.version !== 'string') throw nonsense();
  const commands = list(info.supported_commands).map(fields);
  return {
    version: info.version,
    commands: commands.filter(({ enabled }) => enabled === true).map(({ name }) => text(name)),
  };
}

export function expectFileSystems({ value }: AgentReply): GuestFileSystem[] {
  return list(value).map((each) => {
    const info = fields(each);
    return {
      name: text(info.name),
      mountpoint: text(info.mountpoint),
      type: text(info.type),
      ...optional('usedBytes', info['used-bytes'], 'number'),
      ...optional('totalBytes', info['total-bytes'], 'number'),
      disks: list(info.disk ?? []).map((disk) => {
        const address = fields(disk);
        return {
          ...optional('dev', address.dev, 'string'),
          ...optional('serial', address.serial, 'string'),
          ...optional('busType', address['bus-type'], 'string'),
          ...optional('bus', address.bus, 'number'),
          ...optional('target', address.target, 'number'),
          ...optional('unit', address.unit, 'number'),
        };
      }),
    } as GuestFileSystem;
  });
}

function optional(name: string, value: unknown, type: 'string' | 'number'): Fields {
  if (value === undefined) return {};
  if (typeof value !== type) throw nonsense();
  return { [name]: value };
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw nonsense();
  return value;
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw nonsense();
  return value;
}

function fields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw nonsense();
  return value as Fields;
}

const nonsense = () =>
  new AgentNonsense('the guest agent answered with something that the command does not return');
