import { type ReactNode, useEffect, useMemo } from 'react';
import type { Session } from '../shell/index.js';
import { useKeys } from './key-source.js';
import { openStatusStore } from './status/status-store.js';
import { StatusPane } from './status-pane.js';
import type { ViewFrame } from './views.js';

const LEAVING: ReadonlySet<string> = new Set(['escape', 'enter', 'ctrl-d']);

interface WatchViewProps extends ViewFrame<undefined> {
  readonly session: Session;
}

/** The status pane alone, as high as the screen. */
export function WatchView({ session, columns, rows, done }: WatchViewProps): ReactNode {
  const store = useMemo(() => {
    const opened = openStatusStore({ session });
    opened.setMode('full');
    return opened;
  }, [session]);
  useEffect(() => () => void store.close(), [store]);
  useKeys((key) => {
    if (key.kind === 'key' && LEAVING.has(key.name)) done(undefined);
    else if (key.kind === 'key' && key.name === 'down') store.scroll(1);
    else if (key.kind === 'key' && key.name === 'up') store.scroll(-1);
    else if (key.kind === 'key' && key.name === 'pagedown') store.scroll(rows - 2);
    else if (key.kind === 'key' && key.name === 'pageup') store.scroll(2 - rows);
    else if (key.kind === 'text' && key.text === 'q') done(undefined);
  });
  return <StatusPane store={store} columns={columns} rows={rows} />;
}
