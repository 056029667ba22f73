import { Box, Text, type TextProps } from 'ink';
import { memo, type ReactNode, useLayoutEffect, useSyncExternalStore } from 'react';
import { displayWidth } from '../editor/index.js';
import type { StatusMode } from '../shell/index.js';
import { detailLine, type Line, rowLine, type Tone } from './status/row-text.js';
import type { StatusStore } from './status/status-store.js';
import type { StatusRow, StatusView } from './status/status-view.js';
import { summaryLine } from './status/summary-text.js';
import { type Theme, useTheme } from './theme.js';

const STYLES: Readonly<Record<Tone, TextProps>> = {
  plain: {},
  strong: { bold: true },
  quiet: { dimColor: true },
  good: { color: 'green' },
  busy: { color: 'cyan' },
  still: { color: 'yellow' },
  problem: { color: 'red', bold: true },
  cold: { color: 'blueBright' },
  bar: { color: 'cyan' },
};

interface StatusPaneProps {
  readonly store: StatusStore;
  readonly columns: number;
  /** The most lines it may take. */
  readonly rows: number;
}

/**
 * What every domain is doing, in as few lines as tell it; nothing at all while it is folded. It is not drawn again for
 * a keystroke.
 */
export const StatusPane = memo(function StatusPane({ store, columns, rows }: StatusPaneProps): ReactNode {
  const view = useSyncExternalStore(store.subscribe, store.getSnapshot);
  const theme = useTheme();
  useLayoutEffect(() => store.setRoom(Math.max(0, rows - 1)), [store, rows]);
  if (view.mode === 'off') return null;
  const shown = shownRows(view, rows - 1);
  const nameWidth = Math.min(
    Math.max(8, ...shown.map(({ row }) => displayWidth(row.name))),
    Math.max(8, Math.floor(columns / 4)),
  );
  return (
    <Box flexDirection="column">
      {shown.map(({ row, details }) => (
        <DomainRow
          key={row.uuid}
          row={row}
          details={details}
          columns={columns}
          nameWidth={nameWidth}
          theme={theme}
        />
      ))}
      <PaneLine line={summaryLine(view, shown.length)} theme={theme} />
    </Box>
  );
});

/** Those for which there is room; in the full pane whoever isn't at rest has a second line. */
function shownRows({ mode, rows }: StatusView, room: number): { row: StatusRow; details: boolean }[] {
  const shown: { row: StatusRow; details: boolean }[] = [];
  let left = room;
  for (const row of rows) {
    const details = mode === 'full' && row.attention !== 'rest' && left >= 2;
    const height = details ? 2 : 1;
    if (left < height) break;
    left -= height;
    shown.push({ row, details });
  }
  return shown;
}

interface DomainRowProps {
  readonly row: StatusRow;
  readonly details: boolean;
  readonly columns: number;
  readonly nameWidth: number;
  readonly theme: Theme;
}

function DomainRow({ row, details, columns, nameWidth, theme }: DomainRowProps): ReactNode {
  const line = rowLine(row, columns, nameWidth);
  return (
    <>
      <PaneLine line={line} theme={theme} />
      {details ? <PaneLine line={detailLine(row)} theme={theme} /> : null}
    </>
  );
}

const PaneLine = memo(
  function PaneLine({ line, theme }: { readonly line: Line; readonly theme: Theme }): ReactNode {
    if (theme.spoken) return line.spoken === '' ? null : <Text>{line.spoken}</Text>;
    return (
      <Text wrap="truncate-end">
        {line.pieces.map(({ text, tone }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a piece is its place in the line
          <Text key={index} {...styleOf(tone, theme)}>
            {text}
          </Text>
        ))}
      </Text>
    );
  },
  (a, b) => a.theme === b.theme && sameText(a.line, b.line),
);

const sameText = (a: Line, b: Line): boolean =>
  a.spoken === b.spoken &&
  a.pieces.length === b.pieces.length &&
  a.pieces.every(({ text, tone }, index) => text === b.pieces[index]?.text && tone === b.pieces[index]?.tone);

function styleOf(tone: Tone, { color }: Theme): TextProps {
  if (color) return STYLES[tone];
  const { color: _, ...rest } = STYLES[tone];
  return rest;
}

/** Rows of the screen that the status pane may have. */
export const paneHeight = (mode: StatusMode, rows: number): number =>
  mode === 'full' ? Math.max(4, Math.floor(rows / 2)) : Math.min(6, Math.max(2, Math.floor(rows / 5)));
