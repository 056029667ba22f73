import { VIR_ERR_INTERNAL_ERROR, VIR_ERR_INVALID_ARG, VIR_FROM_QEMU } from '../../hypervisor/constants.js';
import { HypervisorError } from '../../hypervisor/errors.js';
import type { TypedParameter } from '../../hypervisor/typed-parameter.js';
import { askAgent } from './agent.js';
import { expectList, expectObject } from './agent-answers.js';
import type { BareDomain } from './bare-domain.js';
import { numbersIn } from './host-cpus.js';

/** A virtual CPU as the guest's system sees it. */
interface GuestCpu {
  readonly id: number;
  readonly online: boolean;
  readonly canOffline: boolean;
}

const failure = (code: number, text: string): HypervisorError =>
  new HypervisorError(text, { code, domain: VIR_FROM_QEMU });

/** By number. @throws HypervisorError */
export async function guestCpus(domain: BareDomain): Promise<GuestCpu[]> {
  const answer = await askAgent(domain, (agent) => agent.execute('guest-get-vcpus'));
  return expectList(answer)
    .map((each) => {
      const cpu = expectObject(each);
      return {
        id: Number(cpu['logical-id']),
        online: cpu.online === true,
        canOffline: cpu['can-offline'] === true,
      };
    })
    .sort((one, other) => one.id - other.id);
}

/** Has the guest use so many of its CPUs. @throws HypervisorError in libvirt's words. */
export async function setCpusOnline(domain: BareDomain, count: number): Promise<void> {
  const all = await guestCpus(domain);
  const online = all.filter((cpu) => cpu.online);
  const missing = count - online.length;
  if (missing > 0) {
    const more = all.filter((cpu) => !cpu.online).slice(0, missing);
    if (more.length < missing) {
      throw failure(VIR_ERR_INVALID_ARG, 'invalid argument: guest agent reports less cpu than requested');
    }
    await change(domain, more, true);
  } else if (missing < 0) {
    const fewer = online
      .filter(({ canOffline }) => canOffline)
      .reverse()
      .slice(0, -missing);
    if (fewer.length < -missing) {
      throw failure(VIR_ERR_INVALID_ARG, 'invalid argument: Cannot offline enough CPUs');
    }
    await change(domain, fewer, false);
  }
}

/** virDomainGetGuestVcpus. */
export async function describeGuestCpus(domain: BareDomain): Promise<TypedParameter[]> {
  const all = await guestCpus(domain);
  const list = (field: string, fits: (cpu: GuestCpu) => boolean): TypedParameter => ({
    field,
    type: 'string',
    value: ranges(all.filter(fits).map(({ id }) => id)),
  });
  return [
    list('vcpus', () => true),
    list('online', ({ online }) => online),
    list('offlinable', ({ canOffline }) => canOffline),
  ];
}

/** virDomainSetGuestVcpus. @throws HypervisorError in libvirt's words. */
export async function switchGuestCpus(domain: BareDomain, cpumap: string, state: number): Promise<void> {
  if (state !== 0 && state !== 1)
    throw failure(VIR_ERR_INVALID_ARG, 'invalid argument: unsupported state value');
  if (!/^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(cpumap)) {
    throw failure(VIR_ERR_INVALID_ARG, `invalid argument: Failed to parse bitmap '${cpumap}'`);
  }
  const all = new Map((await guestCpus(domain)).map((cpu) => [cpu.id, cpu]));
  const wanted = numbersIn(cpumap);
  const unknown = wanted.filter((id) => !all.has(id));
  if (unknown.length > 0) {
    throw failure(VIR_ERR_INVALID_ARG, `invalid argument: guest is missing vCPUs '${ranges(unknown)}'`);
  }
  const cpus = wanted.flatMap((id) => all.get(id) ?? []);
  const fixed = state === 0 ? cpus.find(({ canOffline }) => !canOffline) : undefined;
  if (fixed) {
    throw failure(VIR_ERR_INVALID_ARG, `invalid argument: vCPU '${fixed.id}' is not offlinable`);
  }
  const changing = cpus.filter(({ online }) => online !== (state === 1));
  if (changing.length > 0) await change(domain, changing, state === 1);
}

async function change(domain: BareDomain, cpus: readonly GuestCpu[], online: boolean): Promise<void> {
  let left = cpus.map(({ id }) => ({ 'logical-id': id, online }));
  // The agent does as many as it can at a time, and says how many.
  while (left.length > 0) {
    const done = Number(await askAgent(domain, (agent) => agent.execute('guest-set-vcpus', { vcpus: left })));
    if (!(done > 0 && done <= left.length)) {
      throw failure(
        VIR_ERR_INTERNAL_ERROR,
        'internal error: guest agent returned malformed or invalid return value',
      );
    }
    left = left.slice(done);
  }
}

/** `0-2,5` of numbers in order. */
function ranges(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run && run[1] === number - 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}
