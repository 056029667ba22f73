import type { ArchiveFacts } from '../../src/hypervisor/index.js';
import type { Context, JsonShape } from '../../src/shell/index.js';

/** What the commands that write an archive print under --json. */
export const archiveCreatedShape: JsonShape = {
  object: {
    file: 'string',
    domain: { oneOf: ['string', 'null'] },
    method: 'string',
    reason: 'string',
    pauseMs: { oneOf: ['number', 'null'] },
    elapsedMs: 'number',
    uuid: 'string',
    bytes: 'number',
    dictionary: 'boolean',
    streams: { list: { object: { name: 'string', size: 'number', storedBytes: 'number' } } },
    overlays: { list: { object: { disk: 'string', file: 'string' } } },
    obstacles: { list: 'string' },
  },
};

/** Says what an archive cost. */
export function tellCreated(
  { emit, output }: Context,
  domain: string | undefined,
  facts: ArchiveFacts,
): void {
  const { pauseMilliseconds, milliseconds, ...rest } = facts;
  emit({ domain: domain ?? null, ...rest, pauseMs: pauseMilliseconds, elapsedMs: Math.round(milliseconds) });
  for (const { disk, file } of facts.overlays) output.extra(`Disk ${disk} goes on in ${file}\n`);
  for (const obstacle of facts.obstacles) output.notice(`archive-boot cannot start it as it is: ${obstacle}`);
  output.extra(
    domain === undefined ? `Archived to ${facts.file}` : `Domain '${domain}' archived to ${facts.file}`,
  );
}
