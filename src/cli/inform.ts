import type { Output, Registry } from '../shell/index.js';
import type { Globals } from './globals.js';
import { helpScreen } from './help-screen.js';
import { version } from './version.js';

/** The options that only tell something: -h, -v, -V. */
export async function inform(
  action: Exclude<Globals['action'], 'run'>,
  output: Output,
  registry: Registry,
): Promise<void> {
  if (action === 'help') output.print(await helpScreen(registry));
  else if (action === 'version') output.print(`${version}\n`);
  else output.print(await longVersion());
}

async function longVersion(): Promise<string> {
  return [
    `Snapctl command line tool ${version}`,
    '',
    'Running with:',
    ` Node.js: ${process.versions.node}`,
    ` libvirt: ${await libvirtVersion()}`,
    '',
  ].join('\n');
}

async function libvirtVersion(): Promise<string> {
  const { installedVersion } = await import('../libvirt/installed-version.js');
  return installedVersion() ?? 'not installed';
}
