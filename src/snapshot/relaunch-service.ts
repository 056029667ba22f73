import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** The systemd unit in what /proc/PID/cgroup says; undefined if it is in no service. */
export function serviceIn(cgroup: string): { unit: string; user: boolean } | undefined {
  const path = /^(?:0:|\d+:name=systemd):(\/.*)$/m.exec(cgroup)?.[1];
  const unit = path?.split('/').at(-1);
  if (!path || !unit?.endsWith('.service')) return undefined;
  return { unit, user: /\/user@\d+\.service\/./.test(path) };
}

/**
 * The service whose main process this is: systemd would take its end for the service's, and end or restart it.
 * @returns undefined if there is none; also if we are in the same service, whose main process is somebody else then.
 */
export async function serviceOf(pid: number): Promise<string | undefined> {
  const [theirs, ours] = await Promise.all(
    [pid, 'self'].map(async (each) =>
      serviceIn(await readFile(`/proc/${each}/cgroup`, 'latin1').catch(() => '')),
    ),
  );
  if (!theirs || theirs.unit === ours?.unit) return undefined;
  const { unit, user } = theirs;
  const words = [...(user ? ['--user'] : []), 'show', '--property=MainPID', '--value', '--', unit];
  // Where systemd can't be asked, it is taken to be.
  const said = await promisify(execFile)('systemctl', words, { timeout: 10_000 }).catch(() => undefined);
  return said === undefined || Number(said.stdout) === pid ? unit : undefined;
}
