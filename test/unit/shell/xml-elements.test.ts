import { expect, test } from '@jest/globals';
import { attributeAt, elementsAt, parseXml, textAt, XmlProblem } from '../../../src/shell/index.js';

const domain = `<domain><title>a &amp; b</title><devices>
  <disk><source pool='p' volume='v' file=''/><target dev='vda'/></disk><!-- none -->
  <disk><source name='n' dev='d'/></disk>
</devices></domain>`;

test('elements, attributes and texts along a path', async () => {
  const root = await parseXml(domain);
  const [first, second, ...rest] = elementsAt(root, 'devices', 'disk');
  if (!first || !second) throw new Error('two disks');
  expect(rest).toEqual([]);
  expect(attributeAt(first, ['target'], 'dev')).toBe('vda');
  expect(attributeAt(second, ['target'], 'dev')).toBeUndefined();
  // The order of the document decides, not that of the names; empty counts as none.
  expect(attributeAt(second, ['source'], 'dev', 'name')).toBe('n');
  expect(attributeAt(first, ['source'], 'file')).toBeUndefined();
  expect(textAt(root, 'title')).toBe('a & b');
  expect(textAt(root, 'description')).toBe('');
});

test('what is not well-formed is refused, with its line', async () => {
  const problem = await parseXml('<a>\n<b></a>').catch((error: unknown) => error);
  expect(problem).toBeInstanceOf(XmlProblem);
  expect((problem as XmlProblem).line).toBe(2);
  for (const text of ['', 'text', '<a>', '<a/><b/>', '<a>&nope;</a>']) {
    await expect(parseXml(text)).rejects.toBeInstanceOf(XmlProblem);
  }
});
