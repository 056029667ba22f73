/** Everything that a key can do, by name. Where readline has the same, the name is readline's. */
export type ActionName =
  | 'accept-line'
  | 'insert-newline'
  | 'interrupt'
  | 'delete-char-or-leave'
  | 'clear-screen'
  | 'suspend'
  | 'toggle-status'
  | 'complete'
  | 'complete-backward'
  | 'cancel'
  | 'beginning-of-line'
  | 'end-of-line'
  | 'backward-char'
  | 'forward-char'
  | 'backward-word'
  | 'forward-word'
  | 'up'
  | 'down'
  | 'beginning-of-history'
  | 'end-of-history'
  | 'search-history-backward'
  | 'search-history-forward'
  | 'backward-delete-char'
  | 'delete-char'
  | 'kill-line'
  | 'backward-kill-line'
  | 'kill-whole-line'
  | 'kill-word'
  | 'backward-kill-word'
  | 'blank-word-rubout'
  | 'yank'
  | 'yank-pop'
  | 'yank-last-arg'
  | 'transpose-chars'
  | 'transpose-words'
  | 'upcase-word'
  | 'downcase-word'
  | 'capitalize-word'
  | 'undo'
  | 'redo';

export interface KeyBinding {
  readonly keys: readonly string[];
  readonly action: ActionName;
  readonly help: string;
}

export interface KeyGroup {
  readonly title: string;
  readonly bindings: readonly KeyBinding[];
}

const bind = (action: ActionName, help: string, ...keys: string[]): KeyBinding => ({ keys, action, help });

/** The one table of keys, in the order that `help keys` prints it. */
export const keymap: readonly KeyGroup[] = [
  {
    title: 'Running',
    bindings: [
      bind('accept-line', 'run the line; on a menu, take the entry', 'enter'),
      bind('insert-newline', 'begin another line of the same text', 'alt-enter'),
      bind('interrupt', 'drop the line; abort what runs; twice: leave', 'ctrl-c'),
      bind('delete-char-or-leave', 'delete a character; on an empty line, leave', 'ctrl-d'),
      bind('clear-screen', 'clear the screen', 'ctrl-l'),
      bind('suspend', 'stop the shell; fg brings it back', 'ctrl-z'),
      bind('toggle-status', 'fold or unfold the status pane', 'f2', 'alt-s'),
    ],
  },
  {
    title: 'Completing',
    bindings: [
      bind('complete', 'complete; again, next entry of the menu', 'tab'),
      bind('complete-backward', 'previous entry of the menu', 'shift-tab'),
      bind('cancel', 'close the menu or the search', 'ctrl-g', 'escape'),
    ],
  },
  {
    title: 'Moving',
    bindings: [
      bind('beginning-of-line', 'to the beginning of the line', 'ctrl-a', 'home'),
      bind('end-of-line', 'to the end; there, take the suggestion', 'ctrl-e', 'end'),
      bind('backward-char', 'one character back', 'ctrl-b', 'left'),
      bind('forward-char', 'one on; at the end, take the suggestion', 'ctrl-f', 'right'),
      bind('backward-word', 'one word back', 'alt-b', 'ctrl-left', 'alt-left'),
      bind('forward-word', 'one word on; at the end, one suggested', 'alt-f', 'ctrl-right', 'alt-right'),
    ],
  },
  {
    title: 'History',
    bindings: [
      bind('up', 'line before that begins with what is typed', 'up', 'ctrl-p'),
      bind('down', 'line after', 'down', 'ctrl-n'),
      bind('beginning-of-history', 'the oldest line', 'alt-<'),
      bind('end-of-history', 'back to the line being typed', 'alt->'),
      bind('search-history-backward', 'search the history; again, an older match', 'ctrl-r'),
      bind('search-history-forward', 'in a search, a newer match', 'ctrl-s'),
      bind('yank-last-arg', 'last word of the line before; again, older', 'alt-.', 'alt-_'),
    ],
  },
  {
    title: 'Changing',
    bindings: [
      bind('backward-delete-char', 'delete the character before the cursor', 'backspace', 'ctrl-h'),
      bind('delete-char', 'delete the character under the cursor', 'delete'),
      bind('kill-line', 'kill to the end of the line', 'ctrl-k'),
      bind('backward-kill-line', 'kill to the beginning of the line', 'ctrl-u'),
      bind('kill-whole-line', 'kill the whole line', 'ctrl-alt-k'),
      bind('kill-word', 'kill to the end of the word', 'alt-d', 'ctrl-delete'),
      bind('backward-kill-word', 'kill to the beginning of the word', 'alt-backspace'),
      bind('blank-word-rubout', 'kill back to a blank', 'ctrl-w'),
      bind('yank', 'insert what was killed last', 'ctrl-y'),
      bind('yank-pop', 'after that, what was killed before', 'alt-y'),
      bind('transpose-chars', 'swap the characters around the cursor', 'ctrl-t'),
      bind('transpose-words', 'swap the words around the cursor', 'alt-t'),
      bind('upcase-word', 'word in upper case', 'alt-u'),
      bind('downcase-word', 'word in lower case', 'alt-l'),
      bind('capitalize-word', 'word with a capital', 'alt-c'),
      bind('undo', 'undo', 'ctrl-_'),
      bind('redo', 'undo the undoing', 'ctrl-^', 'alt-/'),
    ],
  },
];

const actions: ReadonlyMap<string, ActionName> = new Map(
  keymap.flatMap(({ bindings }) => bindings.flatMap(({ keys, action }) => keys.map((key) => [key, action]))),
);

/** What a key does; undefined for a key that does nothing. */
export const actionOf = (key: string): ActionName | undefined => actions.get(key);

/** A key's name as people write it: `Ctrl-Left`, `Alt-.`. */
export function keyLabel(name: string): string {
  const [, modifiers = '', plain = ''] = /^((?:(?:ctrl|alt|shift)-)*)(.+)$/s.exec(name) ?? [];
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  const label = plain.length > 1 || modifiers.includes('ctrl-') ? capital(plain) : plain;
  return modifiers.replace(/\w+/g, capital) + label;
}
