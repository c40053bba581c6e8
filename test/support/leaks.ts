/** What must never stand in anything a client gets: stack traces, file paths, addresses, HTML. */

import { expect } from 'vitest';

const leaks: ReadonlyArray<readonly [string, RegExp]> = [
  ['a stack trace', /\\n\s+at |\bat \S+ \(|node:internal|stacktrace/i],
  ['a file path', /(?:\/[\w.-]+){2,}\.(?:ts|js|mjs|yaml|graphql)|node_modules|file:\/\//],
  ['an address', /\b127\.0\.0\.1\b|\blocalhost\b|\b(?:https?|grpc):\/\/|ECONNREFUSED|ENOTFOUND/],
  ['HTML', /<!doctype|<html|<body|<pre>/i],
];

export function expectNoLeak(text: string): void {
  const found = leaks.filter(([, pattern]) => pattern.test(text)).map(([what]) => what);
  expect(found, text.slice(0, 2000)).toEqual([]);
}
