import { expect, it } from 'vitest';

import { operationKinds } from './operation-kind.ts';

const kindOf = operationKinds();

it.each([
  ['{ a }', 'query'],
  ['query A { a } fragment F on A { b }', 'query'],
  ['# mutation\nquery { a }', 'query'],
  ['mutation { pay { id } }', 'mutation'],
  ['#graphql\n  mutation Pay { pay { id } }', 'mutation'],
  [',\uFEFF mutation { pay { id } }', 'mutation'],
  ['fragment F on Receipt { id } mutation { pay { ...F } }', 'mutation'],
  ['query A { a } mutation B { b }', 'mutation'],
  ['{ a', 'mutation'],
])('%j is sent as a %s', (text, kind) => {
  expect(kindOf(text)).toBe(kind);
  expect(kindOf(text)).toBe(kind);
});
