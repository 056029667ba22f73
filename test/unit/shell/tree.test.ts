import { expect, test } from '@jest/globals';
import { formatTree } from '../../../src/shell/tree.js';

// The layout is virsh's, taken from `virsh snapshot-list --tree`; blanks at the ends of lines are part of it.
test('draws children under their parents, in the order given', () => {
  const nodes = [
    { name: 'a', parent: undefined },
    { name: 'b', parent: 'a' },
    { name: 'c', parent: 'b' },
    { name: 'D', parent: 'a' },
    { name: 'lone', parent: undefined },
    { name: 'orphan', parent: 'nobody' },
  ];
  expect(formatTree(nodes)).toBe(
    ['a', '  |', '  +- b', '  |   |', '  |   +- c', '  |     ', '  +- D', '    ', 'lone', '', ''].join('\n'),
  );
});
