import { readFile } from 'node:fs/promises';
import type { Connection } from '../hypervisor/index.js';
import { describeOperation } from '../snapshot/journal.js';
import { isAlive } from '../snapshot/process-identity.js';
import { unfinishedOperations } from '../snapshot/unfinished.js';
import { chainFindings, type QemuUser } from './chain-findings.js';
import { domainDocuments, managedDocuments, stateDocuments } from './documents.js';
import { examineConnection } from './examine-connection.js';
import type { ExaminedDomain } from './examined-domain.js';
import { findGarbage } from './find-garbage.js';
import { type Finding, words } from './finding.js';
import { guestFindings } from './guest-findings.js';
import { garbageFindings, orphanFindings } from './orphan-findings.js';
import { snapshotFindings } from './snapshot-findings.js';

export interface Diagnosis {
  readonly domains: readonly ExaminedDomain[];
  readonly findings: readonly Finding[];
}

/**
 * Looks for everything that is amiss with the images, snapshots and unfinished operations of a connection's domains.
 * Nothing is touched.
 * @param name of the only domain that is asked about; undefined for all.
 */
export async function diagnose(connection: Connection, name: string | undefined): Promise<Diagnosis> {
  const uri = await connection.getURI();
  const { domains: all, failures } = await examineConnection(connection);
  const domains = all.filter((domain) => name === undefined || domain.name === name);
  const libvirt = connection.ownEngine ? undefined : await connection.getLibVersion();
  // libvirt can't tell on a host without a default emulator; its domains may have others.
  const hypervisor = connection.ownEngine ? undefined : await connection.getVersion().catch(() => undefined);
  const enforcing = (await readFile('/sys/fs/selinux/enforce', 'utf8').catch(() => '0')).trim() === '1';
  const documents = [...domainDocuments(all), ...(await stateDocuments()), ...(await managedDocuments())];
  const findings: Finding[] = [...(await unfinishedFindings(name))];
  for (const failure of failures.filter((each) => name === undefined || each.name === name)) {
    findings.push({
      severity: 'error',
      code: 'cannot-be-asked',
      domain: failure.name,
      file: undefined,
      message: `it cannot be asked: ${failure.error.message}`,
      command: words('snapctl', '-c', uri, 'domstate', failure.name, '--reason'),
    });
  }
  for (const domain of domains) {
    const garbage = await findGarbage([domain], all);
    findings.push(
      ...chainFindings(domain, uri, userOf(domain)),
      ...(await snapshotFindings(domain, uri)),
      // What a domain that can't be asked needs is not known.
      ...(failures.length > 0 ? [] : garbageFindings(domain.name, uri, garbage)),
      ...(await orphanFindings(domain, documents, garbage)),
      ...guestFindings(domain, { uri, libvirt, hypervisor, enforcing, label: await labelOf(domain) }),
    );
  }
  return { domains, findings };
}

/** Operations on bare QEMUs that were cut off, whichever way the guest is reached. */
async function unfinishedFindings(name: string | undefined): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { record } of await unfinishedOperations()) {
    if (name !== undefined && record.domain !== name) continue;
    const owners = [record.controller, record.guardian];
    const alive = await Promise.all(owners.map((owner) => owner && isAlive(owner)));
    if (alive.includes(true)) continue;
    findings.push({
      severity: 'error',
      code: 'unfinished-operation',
      domain: record.domain,
      file: undefined,
      message: `${describeOperation(record)}, begun ${record.startedAt}, was cut off and has not been mended`,
      command: words('snapctl', 'recover', record.domain),
    });
  }
  return findings;
}

/** Whom QEMU runs as: the process's owner, or what libvirt's label for it says. */
function userOf({ facts, descriptions, running }: ExaminedDomain): QemuUser | undefined {
  if (facts) return facts.process ?? undefined;
  // libvirt gives the files of a guest to its user when it starts it, and takes them back afterwards.
  const [, uid, gid] =
    /<seclabel[^>]*model='dac'[^>]*>\s*<label>\+?(\d+):\+?(\d+)</.exec(descriptions[0] ?? '') ?? [];
  return running && uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

async function labelOf({ facts }: ExaminedDomain): Promise<string | undefined> {
  const pid = facts?.process?.pid;
  if (pid === undefined) return undefined;
  const label = await readFile(`/proc/${pid}/attr/current`, 'utf8').catch(() => '');
  return label.replace(/[\0\n]+$/, '') || undefined;
}
