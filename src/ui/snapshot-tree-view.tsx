import { Box, Text } from 'ink';
import { type ReactNode, useState } from 'react';
import type { Key } from '../editor/index.js';
import {
  errorLines,
  printableLine,
  type SnapshotTreeAction,
  type SnapshotTreeEntry,
  type SnapshotTreeProps,
  type SnapshotTreeResult,
} from '../shell/index.js';
import { fitText } from './fit-text.js';
import { useKeys } from './key-source.js';
import { useTheme } from './theme.js';
import type { ViewFrame } from './views.js';

type Props = SnapshotTreeProps & ViewFrame<SnapshotTreeResult>;

/** What is shown over the tree. */
interface Sheet {
  readonly kind: 'details' | 'confirm' | 'refused';
  readonly title: string;
  readonly lines: readonly string[];
  readonly action?: SnapshotTreeAction;
}

const QUESTIONS: Readonly<Record<SnapshotTreeAction, (name: string) => string>> = {
  revert: (name) => `Go back to ${name}?`,
  delete: (name) => `Delete ${name}?`,
};

/** A tree of snapshots to walk through, and a sheet with what is asked or told about one of them. */
export function SnapshotTreeView(props: Props): ReactNode {
  const { entries, columns, rows, done } = props;
  const [at, setAt] = useState(() => startOf(props));
  const [sheet, setSheet] = useState<Sheet>();
  const [message, setMessage] = useState(props.message);
  const selected = entries[at];

  const ask = async (action: SnapshotTreeAction, { name }: SnapshotTreeEntry): Promise<void> => {
    if (props.readonly) {
      setMessage('The connection is read-only');
      return;
    }
    setMessage('…');
    try {
      const lines = await props.forecast(action, name);
      setSheet({ kind: 'confirm', title: QUESTIONS[action](name), lines, action });
    } catch (error) {
      setSheet({ kind: 'refused', title: `It can't be done:`, lines: errorLines(error) });
    }
    setMessage(undefined);
  };

  const onTree = (key: Key): void => {
    const name = nameOf(key);
    const move = MOVES[name];
    if (move) setAt(Math.min(Math.max(0, move(at, entries.length, rows)), Math.max(0, entries.length - 1)));
    else if (LEAVING.has(name)) done(undefined);
    else if (selected && name === 'enter')
      setSheet({ kind: 'details', title: selected.name, lines: selected.details });
    else if (selected && name === 'r') void ask('revert', selected);
    else if (selected && name === 'd') void ask('delete', selected);
  };

  useKeys((key) => {
    if (!sheet) onTree(key);
    else if (sheet.kind === 'confirm' && sheet.action && selected && nameOf(key) === 'y')
      done({ action: sheet.action, name: selected.name });
    else if (sheet.kind !== 'confirm' || nameOf(key) !== 'r') setSheet(undefined);
  });

  const hint = sheet
    ? sheet.kind === 'confirm'
      ? 'y does it, any other key leaves all as it is'
      : 'any key goes back'
    : '↑↓ move  Enter details  r revert  d delete  q leave';
  const below = sheet ? Math.min(sheet.lines.length + 2, Math.max(3, rows - 4)) : 0;
  const height = Math.max(1, rows - below - 3);
  const first = Math.max(0, Math.min(at - Math.floor(height / 2), entries.length - height));
  return (
    <Box flexDirection="column">
      <Text bold wrap="truncate-end">
        {printableLine(`Snapshots of ${props.domain}`)}
      </Text>
      {entries.length === 0 ? <Text>There are none.</Text> : null}
      {entries.slice(first, first + height).map((entry) => (
        <Entry key={entry.name} entry={entry} columns={columns} selected={entry === selected} />
      ))}
      {sheet ? <SheetBox sheet={sheet} columns={columns} rows={below} /> : null}
      {message === undefined ? null : <Text wrap="truncate-end">{printableLine(message)}</Text>}
      <Text dimColor wrap="truncate-end">
        {hint}
      </Text>
    </Box>
  );
}

const startOf = ({ entries, selected }: Props): number => {
  const wanted = entries.findIndex(({ name }) => name === selected);
  return Math.max(0, wanted >= 0 ? wanted : entries.findIndex(({ current }) => current));
};

/** What a key does to the place in the tree. */
const MOVES: Readonly<Record<string, ((at: number, count: number, rows: number) => number) | undefined>> = {
  up: (at) => at - 1,
  k: (at) => at - 1,
  down: (at) => at + 1,
  j: (at) => at + 1,
  pageup: (at, _, rows) => at - (rows - 4),
  pagedown: (at, _, rows) => at + (rows - 4),
  home: () => 0,
  end: (_, count) => count - 1,
};

const LEAVING: ReadonlySet<string> = new Set(['q', 'escape', 'ctrl-d']);

const nameOf = (key: Key): string => (key.kind === 'key' ? key.name : key.kind === 'text' ? key.text : '');

interface EntryProps {
  readonly entry: SnapshotTreeEntry;
  readonly columns: number;
  readonly selected: boolean;
}

function Entry({ entry, columns, selected }: EntryProps): ReactNode {
  const { color, spoken } = useTheme();
  const name = `${entry.branches}${entry.current ? '●' : '○'} ${printableLine(entry.name)}`;
  const marked = entry.current ? `${name} (current)` : name;
  if (spoken) {
    return (
      <Text>{`${selected ? 'selected: ' : ''}${printableLine(entry.name)}${entry.current ? ' (current)' : ''}, ${entry.facts}`}</Text>
    );
  }
  const left = fitText(`${selected ? '>' : ' '} ${marked}`, Math.max(10, columns - 2));
  return (
    <Text wrap="truncate-end">
      <Text inverse={selected} bold={entry.current} {...(entry.current && color ? { color: 'green' } : {})}>
        {left}
      </Text>
      <Text dimColor>{`  ${printableLine(entry.facts)}`}</Text>
    </Text>
  );
}

interface SheetProps {
  readonly sheet: Sheet;
  readonly columns: number;
  readonly rows: number;
}

/** Lines longer than the screen are broken, not cut: the end of a path is what tells files apart. */
function SheetBox({ sheet, columns, rows }: SheetProps): ReactNode {
  const { color } = useTheme();
  const tone =
    sheet.kind === 'details' || !color ? {} : { color: sheet.kind === 'refused' ? 'red' : 'yellow' };
  return (
    <Box flexDirection="column" width={columns} marginTop={1}>
      <Text bold {...tone} wrap="truncate-end">
        {printableLine(sheet.title)}
      </Text>
      {sheet.lines.slice(0, rows).map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place in the sheet
        <Text key={index}>{`  ${printableLine(line)}`}</Text>
      ))}
      {sheet.lines.length > rows ? <Text dimColor>{`  … ${sheet.lines.length - rows} more`}</Text> : null}
    </Box>
  );
}
