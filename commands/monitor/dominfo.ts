import { VIR_ERR_NO_SUPPORT } from '../../src/hypervisor/constants.js';
import { describeState, HypervisorError } from '../../src/hypervisor/index.js';
import { defineCommand, domainOf, domainOption, fixedDecimals } from '../../src/shell/index.js';

/** virDomainInfo's maxMem when there is no limit. */
const NO_LIMIT = 0xffff_ffffn;

export default defineCommand({
  name: 'dominfo',
  group: 'monitor',
  summary: 'domain information',
  description: 'Returns basic information about the domain.',
  manual: [
    'Memory is in KiB: the most that the guest may have, and what it has now. CPU time is what all its virtual CPUs ' +
      'have used since it started. A guest is persistent if its configuration is kept while it does not run.',
  ],
  options: [domainOption()],
  json: {
    object: {
      id: { oneOf: ['integer', 'null'] },
      name: 'string',
      uuid: 'string',
      'osType?': 'string',
      'state?': 'string',
      'cpus?': 'integer',
      'cpuTimeNs?': 'integer',
      'maxMemoryKiB?': { oneOf: ['integer', 'null'] },
      'usedMemoryKiB?': 'integer',
      persistent: { oneOf: ['boolean', 'null'] },
      'autostart?': 'boolean',
      managedSave: { oneOf: ['boolean', 'null'] },
      'securityModel?': 'string',
      'securityDoi?': 'string',
      'securityLabel?': 'string',
      'securityEnforcing?': 'boolean',
      'messages?': { list: 'string' },
    },
  },
  async run(context, args) {
    const domain = await domainOf(context, args);
    const line = (name: string, value: unknown): void =>
      context.output.print(`${name.padEnd(15)} ${value}\n`);
    // As in virsh, what can't be had is left out; the command fails at the end if it was the most important part.
    let lastError: unknown;
    const attempt = async <T>(step: Promise<T>): Promise<T | undefined> => {
      try {
        return await step;
      } catch (error) {
        lastError = error;
        return undefined;
      }
    };

    const id = await domain.getID();
    line('Id:', id < 0 ? '-' : id);
    line('Name:', domain.name);
    line('UUID:', domain.uuid);
    const osType = await attempt(domain.getOSType());
    if (osType !== undefined) line('OS Type:', osType);
    const info = await attempt(domain.getInfo());
    if (info) {
      line('State:', describeState(info.state));
      line('CPU(s):', info.nrVirtCpu);
      if (info.cpuTime !== 0n) line('CPU time:', `${fixedDecimals(Number(info.cpuTime) / 1e9, 1)}s`);
      line('Max memory:', info.maxMem === NO_LIMIT ? 'no limit' : `${info.maxMem} KiB`);
      line('Used memory:', `${info.memory} KiB`);
    }
    const persistent = await attempt(domain.isPersistent());
    line('Persistent:', yesOrNo(persistent));
    const autostart = await attempt(domain.getAutostart());
    if (autostart !== undefined) line('Autostart:', autostart ? 'enable' : 'disable');
    const managedSave = await attempt(domain.hasManagedSaveImage());
    line('Managed save:', yesOrNo(managedSave));

    const security = await securityModel(context.connection);
    const label = security ? await domain.getSecurityLabel() : undefined;
    if (security) {
      line('Security model:', security.model);
      line('Security DOI:', security.doi);
      if (label?.label) {
        line('Security label:', `${label.label} (${label.enforcing ? 'enforcing' : 'permissive'})`);
      }
    }
    const messages = await attempt(domain.getMessages());
    messages?.forEach((message, index) => {
      line(index === 0 ? 'Messages:' : '', message);
    });

    context.emit({
      id: id < 0 ? null : id,
      name: domain.name,
      uuid: domain.uuid,
      osType,
      ...(info && {
        state: describeState(info.state),
        cpus: info.nrVirtCpu,
        cpuTimeNs: info.cpuTime,
        maxMemoryKiB: info.maxMem === NO_LIMIT ? null : info.maxMem,
        usedMemoryKiB: info.memory,
      }),
      persistent: persistent ?? null,
      autostart,
      managedSave: managedSave ?? null,
      ...(security && { securityModel: security.model, securityDoi: security.doi }),
      ...(label?.label && { securityLabel: label.label, securityEnforcing: label.enforcing }),
      messages,
    });
    if (!info) throw lastError;
  },
});

const yesOrNo = (value: boolean | undefined): string =>
  value === undefined ? 'unknown' : value ? 'yes' : 'no';

interface SecurityModelSource {
  nodeGetSecurityModel(): Promise<{ model: string; doi: string }>;
}

/** The security model in force, if there is one. */
async function securityModel(host: SecurityModelSource): Promise<{ model: string; doi: string } | undefined> {
  try {
    const model = await host.nodeGetSecurityModel();
    return model.model === '' ? undefined : model;
  } catch (error) {
    if (error instanceof HypervisorError && error.code === VIR_ERR_NO_SUPPORT) return undefined;
    throw error;
  }
}
