import { expect, it } from 'vitest';

import { isNestedTooDeep, nestingMax } from './json-nesting.ts';

function nested(depth: number, open = '[', close = ']', inner = ''): Buffer {
  return Buffer.from(`${open.repeat(depth)}${inner}${close.repeat(depth)}`);
}

it.each([
  ['lists at the limit', nested(nestingMax), false],
  ['lists one deeper', nested(nestingMax + 1), true],
  ['lists that are not closed', Buffer.from('['.repeat(nestingMax + 1)), true],
  ['objects one deeper', nested(nestingMax + 1, '{"a":', '}', '1'), true],
  ['as many lists beside one another', Buffer.from(`[${'[],'.repeat(nestingMax)}[]]`), false],
  ['brackets in a string', Buffer.from(`"${'['.repeat(nestingMax + 1)}"`), false],
  ['brackets after an escaped quote', Buffer.from(`"\\"${'['.repeat(nestingMax + 1)}"`), false],
  ['brackets after an escaped backslash', Buffer.from(`"\\\\"${'['.repeat(nestingMax + 1)}`), true],
  ['a string without an end', Buffer.from(`"${'['.repeat(nestingMax + 1)}`), false],
])('%s', (_name, body, isTooDeep) => {
  expect(isNestedTooDeep(body, body.toString())).toBe(isTooDeep);
});
