import { Box, Text } from 'ink';
import type { ReactNode } from 'react';
import { displayWidth, type Menu, menuLayout } from '../editor/index.js';
import { printableLine } from '../shell/index.js';
import { fitText } from './fit-text.js';
import { useTheme } from './theme.js';

export interface CompletionMenuProps {
  readonly menu: Menu;
  readonly columns: number;
  /** The most rows to take. */
  readonly rows: number;
}

/** Rows that a menu takes, its last line included that tells of more. */
export function menuHeight({ menu, columns, rows }: CompletionMenuProps): number {
  const layout = layoutOf({ menu, columns, rows });
  return layout.rows + (layout.hidden > 0 ? 1 : 0);
}

const isDescribed = (menu: Menu): boolean => menu.entries.some(({ help }) => help);

function layoutOf({ menu, columns, rows }: CompletionMenuProps) {
  const widths = menu.entries.map(({ label }) => displayWidth(printableLine(label)));
  const full = menuLayout(widths, isDescribed(menu), menu.selected, columns - 1, rows);
  return full.hidden > 0 ? menuLayout(widths, isDescribed(menu), menu.selected, columns - 1, rows - 1) : full;
}

/** What could come next, each with a line about it where there is one. */
export function CompletionMenu({ menu, columns, rows }: CompletionMenuProps): ReactNode {
  const { color, spoken } = useTheme();
  const layout = layoutOf({ menu, columns, rows });
  const described = isDescribed(menu);
  // A label longer than half the screen leaves no room for what it means.
  const labelWidth = described ? Math.min(layout.width, Math.floor(columns / 2)) : layout.width;
  const lines: ReactNode[] = [];
  for (let row = 0; row < layout.rows; row++) {
    const cells: ReactNode[] = [];
    for (let column = 0; column < layout.columns; column++) {
      const index = layout.first + column * layout.rows + row;
      const entry = menu.entries[index];
      if (!entry) continue;
      const selected = index === menu.selected;
      const help = described ? fitText(printableLine(entry.help ?? ''), columns - labelWidth - 3) : '';
      cells.push(
        <Text key={index} inverse={selected}>
          {spoken && selected ? '(selected) ' : ''}
          <Text bold={!selected}>{fitText(printableLine(entry.label), labelWidth, true)}</Text>
          {described ? <Text dimColor={!selected}>{`  ${help}`}</Text> : null}
        </Text>,
        <Text key={`${index}-gap`}>{column + 1 < layout.columns ? '  ' : ''}</Text>,
      );
    }
    lines.push(
      <Text key={row} wrap="truncate">
        {cells}
      </Text>,
    );
  }
  return (
    <Box flexDirection="column" aria-role="menu">
      {lines}
      {layout.hidden > 0 ? (
        <Text dimColor {...(color ? { color: 'cyan' } : {})}>{`${layout.hidden} more`}</Text>
      ) : null}
    </Box>
  );
}
