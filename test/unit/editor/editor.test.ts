import { describe, expect, test } from '@jest/globals';
import { Editor, type Effect } from '../../../src/editor/editor.js';
import { History } from '../../../src/editor/history.js';
import { actionOf, keyLabel, keymap } from '../../../src/editor/keymap.js';
import type { Key } from '../../../src/editor/keys.js';
import { isFinished, wordsOf } from '../../../src/ui/line-text.js';

const past = ['dominfo web', 'list --all', "desc web --title 'a b'", 'snapshot-list web', 'domstate db'];

function editorWith(lines: readonly string[] = past): Editor {
  return new Editor({ history: new History(lines, 100), isFinished, wordsOf });
}

/** `<ctrl-a>` is a key, anything else is typed character by character. */
function hit(editor: Editor, keys: string): Effect[] {
  return [...keys.matchAll(/<(alt-[<>]|[^<>]+)>|./gsu)].map(([all, name]) => {
    const key: Key = name === undefined ? { kind: 'text', text: all } : { kind: 'key', name };
    return editor.key(key);
  });
}

/** The text with a bar where the cursor is. */
function shown(editor: Editor): string {
  const { text, cursor } = editor.view;
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

describe('keys change the line as in readline', () => {
  test.each([
    ['', '|'],
    ['abc', 'abc|'],
    ['abc<left><left>x', 'ax|bc'],
    ['abc<home>x<end>y', 'xabcy|'],
    ['abc<ctrl-a><ctrl-f><ctrl-f><ctrl-b>x', 'ax|bc'],
    // Words are letters and digits of any script; the rest stands between them.
    ['one two-three<alt-b>', 'one two-|three'],
    ['one two<alt-b><alt-b><alt-f>', 'one| two'],
    ['größe näh<ctrl-left>', 'größe |näh'],
    ['x<backspace><backspace>', '|'],
    ['abc<home><delete><ctrl-d>', '|c'],
    ['one two<ctrl-w>', 'one |'],
    ['--disk vda,snap=x<ctrl-w>', '--disk |'],
    ['--disk vda,snap=x<alt-backspace>', '--disk vda,snap=|'],
    ['one two<home><alt-d>', '| two'],
    ['one two<home><ctrl-k>', '|'],
    ['one two<left><ctrl-u>', '|o'],
    ['one two<ctrl-alt-k>', '|'],
    ['one two<ctrl-w><ctrl-y><ctrl-y>', 'one twotwo|'],
    // Kills in a row are one.
    ['one two three<ctrl-w><ctrl-w><ctrl-y>', 'one two three|'],
    ['one two<home><alt-d><alt-d><ctrl-y>', 'one two|'],
    ['one two<ctrl-w><left><ctrl-w><ctrl-y>', 'one|' + ' '],
    ['a<ctrl-w>b<ctrl-w><ctrl-y><alt-y>', 'a|'],
    ['a<ctrl-w>b<ctrl-w><ctrl-y><alt-y><alt-y>', 'b|'],
    ['ab<ctrl-t>', 'ba|'],
    ['abc<left><ctrl-t>', 'acb|'],
    ['one two<alt-t>', 'two one|'],
    ['one two three<alt-b><alt-b><alt-t>', 'two one| three'],
    ['one two<home><alt-u>', 'ONE| two'],
    ['ONE<home><alt-l>', 'one|'],
    ['oNE<home><alt-c>', 'One|'],
    // Undo takes back what was typed in one go, and every other change by itself.
    ['one two<ctrl-w><ctrl-_>', 'one two|'],
    ['one two<ctrl-w><ctrl-_><ctrl-_>', '|'],
    ['one two<ctrl-w><ctrl-_><ctrl-^>', 'one |'],
    ['abc<left>d<ctrl-_>', 'ab|c'],
    // Characters are what a reader takes for them: combining marks, joined emoji, flags, Hangul syllables.
    ['e\u0301x<left><backspace>', '|x'],
    ['👩‍👩‍👧x<left><left>y', 'y|👩‍👩‍👧x'],
    ['a🇩🇪<backspace>', 'a|'],
    ['a\u1112\u1161\u11ab<left>', 'a|\u1112\u1161\u11ab'],
    ['שלום<left>', 'שלו|ם'],
  ])('%s', (keys, result) => {
    const editor = editorWith([]);
    hit(editor, keys);
    expect(shown(editor)).toBe(result);
  });
});

describe('the history', () => {
  test.each([
    ['<up>', 'domstate db|'],
    ['<up><up>', 'snapshot-list web|'],
    ['<up><up><down>', 'domstate db|'],
    ['<up><down>', '|'],
    // Among those that begin with what is typed.
    ['dom<up><up>', 'dominfo web|'],
    ['dom<up><up><up>', 'dominfo web|'],
    ['dom<up><up><down><down>', 'dom|'],
    ['li<up>x<up>', 'list --allx|'],
    ['new<alt-<>', 'dominfo web|'],
    ['new<alt-<><alt->>', 'new|'],
    ['<alt-.>', 'db|'],
    ['undefine <alt-.><alt-.>', 'undefine web|'],
    ['desc x <alt-.><alt-.><alt-.>', "desc x 'a b'|"],
    ['undefine <alt-.> <alt-.>', 'undefine db db|'],
    ['<ctrl-r>web', 'snapshot-list |web'],
    ['<ctrl-r>web<ctrl-r>', "desc |web --title 'a b'"],
    ['<ctrl-r>web<ctrl-r><ctrl-r>', 'dominfo |web'],
    ['<ctrl-r>web<ctrl-r><ctrl-r><ctrl-r>', 'dominfo |web'],
    ['<ctrl-r>web<ctrl-r><ctrl-r><ctrl-s>', "desc |web --title 'a b'"],
    ['<ctrl-r>websx<backspace><backspace>', 'snapshot-list |web'],
    ['<ctrl-r>LIST<left>', '|'],
  ])('%s', (keys, result) => {
    const editor = editorWith();
    hit(editor, keys);
    const search = editor.view.search;
    if (search) {
      const { line = '', offset } = search;
      expect(`${line.slice(0, offset)}|${line.slice(offset)}`).toBe(result);
    } else expect(shown(editor)).toBe(result);
  });

  test('a search that is cancelled leaves the line as it was; one that is left by a key takes its line', () => {
    const editor = editorWith();
    hit(editor, 'abc<ctrl-r>web<ctrl-g>');
    expect(shown(editor)).toBe('abc|');
    hit(editor, '<ctrl-r>all<end>!');
    expect(shown(editor)).toBe('list --all!|');
    hit(editor, '<ctrl-a><ctrl-k><ctrl-r>nothing like it');
    expect(editor.view.search).toMatchObject({ failed: true, query: 'nothing like it' });
    hit(editor, '<ctrl-g>');
    hit(editor, '<ctrl-r>--all');
    expect(hit(editor, '<enter>')).toEqual([{ kind: 'accept', line: 'list --all' }]);
  });

  test('the newest line that goes on from the text is suggested, and taken by moving on at its end', () => {
    const editor = editorWith();
    hit(editor, 'd');
    expect(editor.view.suggestion).toBe('omstate db');
    hit(editor, 'omi');
    expect(editor.view.suggestion).toBe('nfo web');
    hit(editor, '<alt-f>');
    expect(shown(editor)).toBe('dominfo|');
    hit(editor, '<right>');
    expect(shown(editor)).toBe('dominfo web|');
    hit(editor, '<left>');
    expect(editor.view.suggestion).toBe('');
  });
});

describe('completion', () => {
  const entries = [
    { label: 'web', insert: 'web ', help: 'running' },
    { label: 'website', insert: 'website ' },
    { label: 'weather', insert: 'weather ' },
  ];

  test('what all entries begin with is inserted, then Tab goes through the menu', () => {
    const editor = editorWith([]);
    hit(editor, 'dominfo w');
    expect(hit(editor, '<tab>')).toEqual([{ kind: 'complete', narrowing: false }]);
    editor.complete({ start: 8, end: 9, entries }, false);
    expect(shown(editor)).toBe('dominfo we|');
    expect(editor.view.menu?.selected).toBe(-1);
    hit(editor, '<tab>');
    expect(shown(editor)).toBe('dominfo web |');
    hit(editor, '<tab><shift-tab><shift-tab>');
    expect(shown(editor)).toBe('dominfo weather |');
    hit(editor, '<enter>');
    expect(editor.view.menu).toBeUndefined();
    expect(shown(editor)).toBe('dominfo weather |');
    expect(hit(editor, '<enter>')).toEqual([{ kind: 'accept', line: 'dominfo weather ' }]);
  });

  test('cancelling puts the line back; typing narrows the menu and asks again', () => {
    const editor = editorWith([]);
    hit(editor, 'dominfo we<tab>');
    editor.complete({ start: 8, end: 10, entries }, false);
    hit(editor, '<tab><escape>');
    expect(shown(editor)).toBe('dominfo we|');
    hit(editor, '<tab>');
    editor.complete({ start: 8, end: 10, entries }, false);
    expect(hit(editor, 'b')).toEqual([{ kind: 'complete', narrowing: true }]);
    editor.complete({ start: 8, end: 11, entries: entries.slice(0, 2) }, true);
    expect(shown(editor)).toBe('dominfo web|');
    expect(editor.view.menu?.entries).toHaveLength(2);
    expect(hit(editor, '<backspace>')).toEqual([{ kind: 'complete', narrowing: true }]);
  });

  test('a single entry is inserted; none is a bell', () => {
    const editor = editorWith([]);
    hit(editor, 'dominfo we');
    editor.complete({ start: 8, end: 10, entries: entries.slice(0, 1) }, false);
    expect(shown(editor)).toBe('dominfo web |');
    expect(editor.complete({ start: 12, end: 12, entries: [] }, false)).toEqual({ kind: 'bell' });
  });

  test('what is common never ends within an escape', () => {
    const editor = editorWith([]);
    hit(editor, 'domid a');
    const escaped = ['a\\ b ', 'a\\;b '].map((insert) => ({ label: insert, insert }));
    editor.complete({ start: 6, end: 7, entries: escaped }, false);
    expect(shown(editor)).toBe('domid a|');
  });
});

describe('lines', () => {
  test.each([
    ["echo 'a", false],
    ['echo "a', false],
    ['echo "a"', true],
    ['echo a \\', false],
    ["echo it\\'s", true],
    ["!echo 'a", true],
    ['', true],
  ])('%s ends at Enter: %s', (text, ends) => {
    const editor = editorWith([]);
    hit(editor, text);
    const [effect] = hit(editor, '<enter>');
    expect(effect).toEqual(ends ? { kind: 'accept', line: text } : { kind: 'none' });
    expect(editor.view.text).toBe(ends ? '' : `${text}\n`);
  });

  test('Up and Down move between the lines of one text before they go to the history', () => {
    const editor = editorWith();
    hit(editor, 'echo "ab<enter>c<up>');
    expect(shown(editor)).toBe('e|cho "ab\nc');
    hit(editor, '<down><up>');
    expect(shown(editor)).toBe('e|cho "ab\nc');
  });

  test('Ctrl-D leaves on an empty line alone', () => {
    const editor = editorWith();
    expect(hit(editor, '<ctrl-d>')).toEqual([{ kind: 'leave' }]);
    hit(editor, 'a<home>');
    expect(hit(editor, '<ctrl-d>')).toEqual([{ kind: 'none' }]);
  });
});

describe('the table of keys', () => {
  test('no key stands twice, and every one is found', () => {
    const keys = keymap.flatMap(({ bindings }) => bindings.flatMap((binding) => binding.keys));
    expect(new Set(keys).size).toBe(keys.length);
    for (const { bindings } of keymap) {
      for (const { keys: own, action } of bindings) for (const key of own) expect(actionOf(key)).toBe(action);
    }
  });

  test.each([
    ['ctrl-a', 'Ctrl-A'],
    ['alt-.', 'Alt-.'],
    ['alt-b', 'Alt-b'],
    ['ctrl-alt-k', 'Ctrl-Alt-K'],
    ['shift-tab', 'Shift-Tab'],
    ['f2', 'F2'],
  ])('%s is written %s', (name, label) => {
    expect(keyLabel(name)).toBe(label);
  });
});
