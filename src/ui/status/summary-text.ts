import type { Line, Piece } from './row-text.js';
import type { StatusView } from './status-view.js';

/**
 * The pane's last line: how many domains there are besides those on show, and how the connection is.
 * @param shown rows that are on show.
 */
export function summaryLine({ connection, total, running, rows, restless }: StatusView, shown: number): Line {
  const pieces: Piece[] = [];
  const add = (text: string, tone: Piece['tone'] = 'quiet'): void => {
    if (pieces.length > 0) pieces.push({ text: ' · ', tone: 'quiet' });
    pieces.push({ text, tone });
  };
  const { state, uri, readonly, message } = connection;
  if (state === 'none') add(message === undefined ? 'not connected' : `not connected: ${message}`, 'problem');
  else if (state === 'connecting') add(`connecting to ${uri}`);
  else if (state === 'reconnecting') {
    add('connection lost, reconnecting', 'problem');
    if (message !== undefined) add(message);
  }
  const rest = total - Math.min(shown, rows.length);
  if (rest > 0 && shown > 0) {
    const hidden = restless - Math.min(shown, rows.length);
    add(
      hidden > 0 ? `${rest} more, ${hidden} of them not at rest` : `${rest} more`,
      hidden > 0 ? 'busy' : 'quiet',
    );
  }
  if (state === 'connected' || state === 'reconnecting')
    add(total === 0 ? 'no domains' : `${running} of ${total} running`);
  if (readonly) add('read-only', 'still');
  if (state === 'connected' || state === 'reconnecting') add(uri);
  return { pieces, spoken: pieces.map(({ text }) => text).join('') };
}
