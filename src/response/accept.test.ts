import { describe, expect, it } from 'vitest';

import { preferred } from './accept.ts';
import { graphqlMediaType, jsonMediaType, negotiate } from './http.ts';

const offers = ['a/one', 'a/two', 'b/three'] as const;

describe('preferred', () => {
  it.each<[string, (typeof offers)[number] | undefined]>([
    ['a/two', 'a/two'],
    ['A/TWO', 'a/two'],
    ['a/two, a/one', 'a/two'],
    ['a/one;q=0.5, a/two', 'a/two'],
    ['a/one;q=0.5, a/two;q=0.4', 'a/one'],
    ['*/*', 'a/one'],
    ['b/*', 'b/three'],
    ['*/*, b/three', 'b/three'],
    ['*/*;q=0.9, b/*;q=0.8', 'a/one'],
    ['a/*, a/one;q=0', 'a/two'],
    ['*/*, a/*;q=0', 'b/three'],
    ['a/one;q=0, a/one;q=0.1', 'a/one'],
    ['a/one;q=5, a/two', 'a/one'],
    ['a/one;q=-1, a/two;q=x, b/three;q=', undefined],
    ['a/one;q=0', undefined],
    ['c/four, text/*', undefined],
    ['a', undefined],
    ['a/', undefined],
    ['', undefined],
    [',,;q=1,', undefined],
    [' a/two ; q=1 ,a/one;q=0.1', 'a/two'],
    ['a/two;Q=0.1, a/one;q=0.2', 'a/one'],
    ['a/two;charset=utf-8', 'a/two'],
    ['a/two;charset="UTF-8"', 'a/two'],
    ['a/two;charset=latin1, a/one;q=0.1', 'a/one'],
    ['a/two;note="x, b/three;q=1"', 'a/two'],
    ['a/two;note="\\", b/three", a/one', 'a/two'],
    ['a/two;note=", b/three', 'a/two'],
  ])('for %j is %s', (accept, expected) => expect(preferred(accept, offers)).toBe(expected));

  it.each(['"', '"\\', ',', ';', '*/*;q=', ' '])('finds nothing in many times %j', (part) => {
    expect(preferred(part.repeat(20_000), offers)).toBeUndefined();
  });
});

it.each([
  [undefined, jsonMediaType],
  ['', jsonMediaType],
  ['*/*', jsonMediaType],
  ['application/*', jsonMediaType],
  [jsonMediaType, jsonMediaType],
  [graphqlMediaType, graphqlMediaType],
  [`${graphqlMediaType}, ${jsonMediaType};q=0.9`, graphqlMediaType],
  [`${jsonMediaType}, ${graphqlMediaType}`, jsonMediaType],
  [`*/*, ${graphqlMediaType};charset=utf-8`, graphqlMediaType],
  ['text/html, */*;q=0.8', jsonMediaType],
  ['text/html', null],
  [`${jsonMediaType};q=0`, null],
])('negotiate: with the header %j the answer is %s', (accept, mediaType) => {
  expect(negotiate(accept)).toBe(mediaType);
});
