import { LIBVIR_VERSION_NUMBER } from '../../src/hypervisor/constants.js';
import { defineCommand, orFail } from '../../src/shell/index.js';

export default defineCommand({
  name: 'version',
  group: 'host',
  summary: 'show version',
  description: 'Display the system version information.',
  manual: [
    'The library version whose constants this program was built with, the one that it uses now, the interface of the ' +
      'driver, and the hypervisor that runs. The version of this program itself is what --version prints.',
  ],
  options: [{ name: 'daemon', type: 'flag', help: 'report daemon version too' }],
  json: {
    object: {
      'compiledAgainst?': 'string',
      'library?': 'string',
      apiType: 'string',
      'api?': 'string',
      hypervisor: { oneOf: ['string', 'null'] },
      'daemon?': 'string',
    },
  },
  async run(context, args) {
    const { connection, output } = context;
    const apiType = await orFail('failed to get hypervisor type', connection.getType());
    const compiledAgainst = dotted(LIBVIR_VERSION_NUMBER);
    // A hypervisor that is reached directly: there is no library in between.
    if (connection.ownEngine) {
      const hypervisor = dotted(
        await orFail('failed to get the hypervisor version', connection.getVersion()),
      );
      output.print(`Running hypervisor: ${apiType} ${hypervisor}\n`);
      context.emit({ apiType, hypervisor });
      return;
    }
    output.print(`Compiled against library: libvirt ${compiledAgainst}\n`);
    const versions = await orFail('failed to get the library version', connection.libraryVersion(apiType));
    const library = dotted(versions.library);
    const api = dotted(versions.type);
    output.print(`Using library: libvirt ${library}\n`);
    output.print(`Using API: ${apiType} ${api}\n`);
    const number = await orFail('failed to get the hypervisor version', connection.getVersion());
    const hypervisor = number === 0 ? null : dotted(number);
    output.print(
      hypervisor === null
        ? `Cannot extract running ${apiType} hypervisor version\n`
        : `Running hypervisor: ${apiType} ${hypervisor}\n`,
    );
    let daemon: string | undefined;
    if (args.flag('daemon')) {
      try {
        daemon = dotted(await connection.getLibVersion());
        output.print(`Running against daemon: ${daemon}\n`);
      } catch {
        // As in virsh, told but no failure.
        output.error('failed to get the daemon version');
      }
    }
    context.emit({ compiledAgainst, library, apiType, api, hypervisor, daemon });
  },
});

/** libvirt's version numbers: major * 1,000,000 + minor * 1,000 + release. */
const dotted = (version: number): string =>
  [Math.floor(version / 1_000_000), Math.floor(version / 1000) % 1000, version % 1000].join('.');
