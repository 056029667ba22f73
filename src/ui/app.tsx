import { Box, Text } from 'ink';
import { type ReactNode, useLayoutEffect } from 'react';
import { displayWidth, type EditorView, type Layout, layoutLine } from '../editor/index.js';
import { printableLine } from '../shell/index.js';
import { CompletionMenu, menuHeight } from './completion-menu.js';
import { fitText } from './fit-text.js';
import { Prompt } from './prompt.js';
import { type Running, RunningCommand, runningHeight } from './running-command.js';
import type { CursorPlace } from './terminal-screen.js';
import { type Theme, ThemeContext } from './theme.js';

/** All that the screen shows, besides what has scrolled away. */
export interface AppProps {
  readonly prompt: string;
  readonly theme: Theme;
  readonly columns: number;
  readonly rows: number;
  /** What is edited; undefined while a command runs. */
  readonly editor: EditorView | undefined;
  /** The running command; undefined at the prompt. */
  readonly running: Running | undefined;
  /** The status pane, made for as many rows as it may take. */
  readonly pane: ((rows: number) => ReactNode) | undefined;
  /** Told after each paint where the cursor belongs. */
  readonly onCursor: (place: CursorPlace) => void;
}

const CONTINUATION = '      ... ';

/** The part of the screen that changes: running command, status pane, prompt, completion menu. */
export function App(props: AppProps): ReactNode {
  const { editor, running, pane, columns, theme, onCursor } = props;
  // One row stays free: a frame as high as the screen would make Ink clear the scrollback.
  const room = Math.max(3, props.rows - 1);
  const layout = editor ? editorLayout(props, editor, Math.max(1, Math.floor(room / 2))) : undefined;
  const promptRows = layout?.rows.length ?? 0;
  const menu = editor?.menu
    ? { menu: editor.menu, columns, rows: Math.max(2, Math.min(12, room - promptRows - 1)) }
    : undefined;
  const menuRows = menu ? menuHeight(menu) : 0;
  // What a command has begun to write stands where the prompt will be, and so does the cursor.
  const unfinished = fitText(printableLine(running?.unfinished ?? ''), columns - 1);
  const paneRows =
    room - Math.max(1, promptRows) - menuRows - (running ? runningHeight(running, columns) : 0);
  const rowsBelow = layout ? promptRows - 1 - layout.cursor.row + menuRows : 0;
  const column = layout ? layout.cursor.column : displayWidth(unfinished);

  useLayoutEffect(() => onCursor({ rowsBelow, column }));

  return (
    <ThemeContext.Provider value={theme}>
      <Box flexDirection="column">
        {running ? <RunningCommand running={running} columns={columns} /> : null}
        {pane && paneRows > 0 ? pane(paneRows) : null}
        {layout ? <Prompt layout={layout} /> : <Text wrap="truncate">{unfinished || ' '}</Text>}
        {menu ? <CompletionMenu {...menu} /> : null}
      </Box>
    </ThemeContext.Provider>
  );
}

function editorLayout(props: AppProps, editor: EditorView, rows: number): Layout {
  const { search } = editor;
  const common = { columns: props.columns, rows, show: showCharacter, continuation: CONTINUATION };
  if (search) {
    const lead = `(${search.failed ? 'failed ' : ''}search)\`${search.query}': `;
    return layoutLine({
      ...common,
      prompt: lead,
      text: search.line ?? '',
      cursor: search.line === undefined ? 0 : search.offset,
      suggestion: '',
    });
  }
  return layoutLine({
    ...common,
    prompt: props.prompt,
    text: editor.text,
    cursor: editor.cursor,
    // A screen reader would read a suggestion as if it had been typed.
    suggestion: props.theme.spoken ? '' : editor.suggestion,
  });
}

/** Characters that would move the cursor or reorder the line are shown as what they are. */
const showCharacter = (character: string): string => (character === '\t' ? ' ' : printableLine(character));
