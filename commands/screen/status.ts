import { CommandError, defineCommand, type StatusMode } from '../../src/shell/index.js';
import { screenOf } from './needs-screen.js';

const MODES = ['on', 'off', 'full'] as const satisfies readonly StatusMode[];

export default defineCommand({
  name: 'status',
  group: 'screen',
  summary: 'show or hide the status pane',
  description: 'Show or hide the status pane of the interactive shell.',
  manual: [
    'The pane below the output shows every domain that is not at rest, and as many others as fit: state and reason, the job that runs with its progress, how long the guest has stood still and did last time, frozen filesystems, the current snapshot, and how the connection is. It is fed by events; only the progress of a job is asked for.',
    "With full it takes up to half of the screen and has a second line, with libvirt's own name of the reason, for whoever is not at rest. With off nothing is asked or listened to. The key F2 does on and off.",
  ],
  options: [{ name: 'mode', type: 'string', required: true, values: MODES, help: 'on, off or full' }],
  noConnection: true,
  async run(context, args) {
    const given = args.text('mode');
    const mode = MODES.find((each) => each === given);
    if (!mode) throw new CommandError(`Unsupported value '${given}': expected ${MODES.join(', ')}`);
    screenOf(context, 'status').setStatus(mode);
  },
});
