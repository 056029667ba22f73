export { Editor, type EditorView, type Effect } from './editor.js';
export { displayWidth, graphemes } from './graphemes.js';
export { History } from './history.js';
export { type ActionName, actionOf, keyLabel, keymap } from './keymap.js';
export { type Key, KeyDecoder } from './keys.js';
export { type Layout, layoutLine } from './layout.js';
export { type Completion, type Menu, type MenuEntry, menuLayout } from './menu.js';
