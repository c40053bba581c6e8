/** Errors of fields say where the document asks for them, as graphql-js does: every fixture's operations, and more. */
import { execute, parse } from 'graphql';
import { expect, it } from 'vitest';

import type { Answer } from '../../src/pipeline/answer.ts';
import { fixtures } from './fixtures/index.ts';
import { monolithSchema } from './oracle/monolith.ts';
import { openEngine } from './ours/engine.ts';

/** For the fixture null-keys: several nodes of one field, fragments, conditions. */
const more: ReadonlyArray<{ query: string; variables?: Readonly<Record<string, unknown>> }> = [
  { query: '{ odd {\n  polite\n  again: polite } }' },
  { query: '{ odd { id } odd { polite } odd { ...F polite } } fragment F on Guest {\r\n polite }' },
  { query: '{ odd { ... on Guest { ... { polite } } ...F ...F } } fragment F on Guest { id polite }' },
  {
    query:
      'query ($yes: Boolean!, $no: Boolean!) { odd { polite @include(if: $no) polite @include(if: $yes) polite } }',
    variables: { yes: true, no: false },
  },
  {
    query: 'query ($yes: Boolean!, $no: Boolean!) { odd { polite @skip(if: $no) polite @skip(if: $yes) } }',
    variables: { yes: true, no: false },
  },
];

it('have the locations of their fields', async () => {
  let compared = 0;
  for (const fixture of fixtures) {
    const schema = monolithSchema(fixture.monolith);
    let answer: Answer | undefined;
    const engine = openEngine(fixture, { onAnswer: (told) => (answer = told) });
    for (const { query, variables = {} } of [
      ...fixture.operations,
      ...(fixture.name === 'null-keys' ? more : []),
    ]) {
      fixture.reset?.();
      const { errors = [] } = await execute({
        schema,
        document: parse(query),
        variableValues: variables,
        contextValue: {},
      });
      if (errors.length === 0) continue;
      const expected = new Map(errors.map(({ path, locations }) => [JSON.stringify(path), locations]));
      fixture.reset?.();
      await engine.run({ query, variables });
      for (const { path, locations } of answer?.errors ?? []) {
        const wanted = expected.get(JSON.stringify(path));
        if (!wanted) continue;
        compared += 1;
        expect(locations, `${query} at ${JSON.stringify(path)}`).toEqual(wanted);
      }
    }
    fixture.reset?.();
  }
  expect(compared).toBeGreaterThan(50);
});
