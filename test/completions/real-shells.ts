import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Domains in every state, in libvirt's test driver. Nothing of it outlives the process that opens it. */
export const uri = `test://${join(root, 'test/completions/domains.xml')}`;

export const program = process.env.SNAPCTL_TEST_PROGRAM ?? join(root, 'dist/snapctl.js');

/** A folder with `snapctl` as a program in it, first on the PATH of `environment`. */
export function installed(): { environment: NodeJS.ProcessEnv; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'snapctl-shells-'));
  const wrapper = join(folder, 'snapctl');
  writeFileSync(wrapper, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(wrapper, 0o755);
  return {
    // A home of its own, so that no user's settings are read or written.
    environment: { PATH: `${folder}:${process.env.PATH}`, HOME: folder, TERM: 'dumb', LC_ALL: 'C.UTF-8' },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** Runs a program to its end. @returns what it printed. @throws it can't be run, fails, or takes a minute. */
export async function run(
  command: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  cwd = root,
): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { env: environment, cwd, timeout: 60_000 });
  return stdout;
}

/** Runs a program with something on its standard input. @returns what it printed on either stream. */
export function feed(
  command: string,
  args: readonly string[],
  input: string,
  environment: NodeJS.ProcessEnv,
): string {
  const { stdout, stderr, error } = spawnSync(command, args, {
    input,
    env: environment,
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (error) throw error;
  return stdout + stderr;
}
