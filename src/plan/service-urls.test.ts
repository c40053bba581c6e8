import { expect, it } from 'vitest';

import { withServiceUrls } from './service-urls.ts';

const sdl = `# enum join__Graph { A @join__graph(name: "a", url: "http://comment") }
enum join__Graph {
  A @join__graph(name: "a", url: "http://a.example.com/graphql")
  B @join__graph(url: """http://b.example.com""", name: "b")
}
"http://a.example.com/graphql"
type Query { a: Int }
`;

it.each<[string, ReadonlyArray<readonly [string, string]>, string]>([
  ['nothing', [], sdl],
  ['a name that is not there', [['c', 'http://127.0.0.1:1']], sdl],
  [
    'one',
    [['a', 'http://127.0.0.1:1/"']],
    sdl.replace('url: "http://a.example.com/graphql"', String.raw`url: "http://127.0.0.1:1/\""`),
  ],
  [
    'both, of different lengths',
    [
      ['b', 'http://localhost:4002/a/long/path/to/graphql'],
      ['a', 'http://[::1]'],
    ],
    sdl
      .replace('url: "http://a.example.com/graphql"', 'url: "http://[::1]"')
      .replace('"""http://b.example.com"""', '"http://localhost:4002/a/long/path/to/graphql"'),
  ],
])('replaces the address of %s', (_what, urls, expected) => {
  expect(withServiceUrls(sdl, new Map(urls))).toBe(expected);
});

it('refuses what is no schema', () => {
  expect(() => withServiceUrls('type {', new Map([['a', 'http://a']]))).toThrow(
    'Syntax Error: Expected Name, found "{".',
  );
});
