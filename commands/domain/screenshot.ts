import { type FileHandle, open, unlink } from 'node:fs/promises';
import type { Stream } from '../../src/hypervisor/index.js';
import { CommandError, defineCommand, domainOf, domainOption, orFail } from '../../src/shell/index.js';

const CHUNK = 256 * 1024;

export default defineCommand({
  name: 'screenshot',
  group: 'domain',
  summary: 'take a screenshot of a current domain console and store it into a file',
  description: 'screenshot of a current domain console',
  manual: [
    'Stores what a screen of the guest shows in a file on this machine, replacing one that exists. The hypervisor chooses the format (a portable pixmap or PNG). Without --file the name is made from the domain, the time and the format. A guest without a video device has no screen.',
  ],
  options: [
    domainOption('domain-active'),
    { name: 'file', type: 'string', completer: 'path', help: 'where to store the screenshot' },
    { name: 'screen', type: 'int', help: 'ID of a screen to take screenshot of' },
  ],
  json: { object: { file: 'string', mimeType: 'string' } },
  async run(context, args) {
    const given = args.optional('file');
    const screen = args.uint('screen') ?? 0;
    const domain = await domainOf(context, args);
    const name = args.text('domain');
    const stream = await context.connection.streamNew();
    const mimeType = await orFail(
      `could not take a screenshot of ${name}`,
      domain.screenshot(stream, screen),
    );
    const path = given ?? `${domain.name}-${timestamp(new Date())}${extensions.get(mimeType) ?? ''}`;
    const { file, created } = await openForWriting(path).catch(() => {
      throw new CommandError(`cannot create file ${path}`);
    });
    try {
      try {
        await orFail(`could not receive data from domain '${name}'`, receive(stream, file));
      } finally {
        await file.close();
      }
      await orFail(`cannot close stream on domain '${name}'`, stream.finish());
    } catch (error) {
      if (created) await unlink(path);
      throw error;
    }
    context.output.extra(`Screenshot saved to ${path}, with type of ${mimeType}`);
    context.emit({ file: path, mimeType });
  },
});

const extensions = new Map([
  ['image/x-portable-pixmap', '.ppm'],
  ['image/png', '.png'],
]);

/** Local time as `2026-01-31-12:34:56`. */
function timestamp(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())];
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two);
  return `${day.join('-')}-${time.join(':')}`;
}

/** Opens a file to be overwritten, telling whether it is new: a failed picture takes only a new one away. */
async function openForWriting(path: string): Promise<{ file: FileHandle; created: boolean }> {
  try {
    return { file: await open(path, 'wx', 0o666), created: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return { file: await open(path, 'w', 0o666), created: false };
  }
}

async function receive(stream: Stream, file: FileHandle): Promise<void> {
  for (;;) {
    const data = await stream.recv(CHUNK);
    if (data === null || data.length === 0) return;
    await file.write(data);
  }
}
