import { defineCommand } from '../../src/shell/index.js';
import { screenOf } from './needs-screen.js';

export default defineCommand({
  name: 'watch',
  group: 'screen',
  summary: 'watch all domains on the whole screen',
  description: 'Watch the status of all domains on the whole screen, until q, Escape or Ctrl-C.',
  manual: [
    'The same as the status pane in its full form, with the whole terminal for it. The arrow keys move through domains that have no room.',
  ],
  options: [],
  async run(context) {
    await screenOf(context, 'watch').show('watch', { session: context.session });
  },
});
