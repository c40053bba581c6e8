/**
 * The known defects of the planner and of the stock gateway: each is provoked here, and our answer must be that of one
 * plain schema. The operations are those of the fixtures where these have one, else the smallest that a generated
 * operation shrank to.
 */
import { describe, expect, it } from 'vitest';

import { prepare } from '../../src/preparation/prepare.ts';
import { loadSupergraph, type LoadedSupergraph } from '../../src/preparation/supergraph/supergraph.ts';
import { fixtures } from './fixtures/index.ts';
import { composeFixture } from './oracle/compose.ts';
import { openMonolith } from './oracle/monolith.ts';
import { openStock } from './oracle/stock.ts';
import { openEngine } from './ours/engine.ts';

interface Provocation {
  readonly title: string;
  readonly fixture: string;
  /** Its name in the fixture, or the operation itself. */
  readonly operation:
    string | { readonly query: string; readonly variables?: Readonly<Record<string, unknown>> };
  /** What the stock gateway gives differs, too; false where it has another way around the planner. */
  readonly stockFails?: false;
}

const provocations: readonly Provocation[] = [
  {
    title: 'a key that is not resolvable does not stand in for one that is',
    fixture: 'keys-nonresolvable',
    operation: 'the same from a third subgraph',
  },
  {
    title: 'a requirement gets its own arguments, whatever arguments the client gives',
    fixture: 'requires-arguments',
    operation: 'the client asks with its own argument',
  },
  {
    title: 'two requirements get one field with the arguments of each',
    fixture: 'requires-arguments',
    operation: 'two requirements in conflict',
  },
  {
    title: 'two requirements in conflict keep apart below an excluded field',
    fixture: 'requires-arguments',
    operation: {
      query:
        'query ($c: Boolean!) { a: post(id: "x") { inEuro } post(id: "x") @include(if: $c) { inDollar } }',
      variables: { c: false },
    },
    stockFails: false,
  },
  {
    title: 'an alias equal to a key field does not become the key',
    fixture: 'aliases',
    operation: 'a key hidden by another field, with a hop',
  },
  {
    title: 'an alias equal to a required field does not become the requirement',
    fixture: 'aliases',
    operation: 'a requirement hidden by a scalar',
  },
  {
    title: 'a client variable named representations keeps its value',
    fixture: 'aliases',
    operation: 'a variable named representations',
  },
  {
    title: 'ten aliases of one root field are planned',
    fixture: 'shared-root',
    operation: {
      query: `{ ${Array.from({ length: 10 }, (_, i) => `a${i}: lamps { name watts on }`).join(' ')} }`,
    },
    stockFails: false,
  },
  {
    title: 'a chain of requirements through several subgraphs loses no link',
    fixture: 'requires-chain',
    operation: 'a circle: the end of the chain only',
  },
  {
    title: 'a condition on one requirement takes nothing from another',
    fixture: 'requires-fragments',
    operation: 'conditions',
  },
  {
    title: 'a subgraph may call its root type as it likes',
    fixture: 'root-names',
    operation: 'a root below a payload',
  },
  {
    title: 'a conditional fragment on a renamed root type is understood',
    fixture: 'root-names',
    operation: {
      query:
        'mutation ($c: Boolean!) { ring(id: "b1") { query { ... on Query @include(if: $c) { hello } loudest { tone } } } }',
      variables: { c: false },
    },
  },
  {
    title: 'a fragment in a fragment on a renamed root type is understood',
    fixture: 'root-names',
    operation: {
      query:
        'mutation ($c: Boolean!) { a: ring(id: "b1") { ... { query @include(if: $c) { total } } } b: ring(id: "b1") { count } }',
      variables: { c: true },
    },
  },
  {
    title: 'a requirement may be a list of lists',
    fixture: 'nested-lists',
    operation: 'a requirement of a list of lists',
  },
  {
    title: 'each root field of a mutation is answered before the next one runs',
    fixture: 'root-names',
    operation: { query: 'mutation { a: ring(id: "b1") { query { total } } b: ring(id: "b1") { count } }' },
  },
  {
    title: 'a mutation runs its root fields in the order of those places that count',
    fixture: 'root-names',
    operation: {
      query: 'mutation ($c: Boolean!) { ring(id: "b1") { count } double @skip(if: $c) reset double }',
      variables: { c: true },
    },
    stockFails: false,
  },
  {
    title: 'an operation whose conditions contradict each other has a plan',
    fixture: 'tree',
    operation: {
      query: 'query ($c: Boolean!) { node(id: "n4") @skip(if: $c) { up @include(if: $c) { id } } }',
      variables: { c: false },
    },
    stockFails: false,
  },
  {
    title: 'an object is there although every field of it is excluded',
    fixture: 'enum-input-merge',
    operation: {
      query: 'query ($c: Boolean!) { rooms { id neighbours { ... @skip(if: $c) { neighbours { id } } } } }',
      variables: { c: true },
    },
    stockFails: false,
  },
  {
    title: 'the name of an interface object does not replace a runtime type',
    fixture: 'interface-object-indirect',
    operation: {
      query: '{ messages { author { ... on Admin { ... on Admin { used ... on Named { __typename } } } } } }',
    },
  },
  {
    title: 'a type condition that an interface object always meets is no obstacle',
    fixture: 'interface-object-indirect',
    operation: {
      query: '{ messages { author { ... on Named { ... on Account { manager { __typename } } } } } }',
    },
  },
  {
    title: 'a requirement under a type condition on another interface object has a plan',
    fixture: 'interface-object',
    operation: { query: '{ shelves { items { ... on Book { verdict } } } }' },
  },
  {
    title: 'a requirement of one member takes no fields from the others',
    fixture: 'interface-object-indirect',
    operation: { query: '{ accounts { manager { ... on Bot { label } limit } } }' },
  },
  {
    title: 'a requirement of one member takes no fields from another interface of the same members',
    fixture: 'interface-object-indirect',
    operation: { query: '{ named { ... on Bot { label } ... on Account { limit } } }' },
  },
  {
    title: 'a member may narrow the type of a field under a condition',
    fixture: 'interface-external',
    operation: {
      query:
        'query ($c: Boolean!) { pet(id: "c1") { friend { __typename } ... on Cat { ... on Pet @include(if: $c) { friend { __typename } } } } }',
      variables: { c: true },
    },
  },
  {
    title: 'a part that was fetched under an alias joins the rest',
    fixture: 'interface-external',
    operation: {
      query:
        '{ pets { friend { sound ... on Fish { a: friend { toys { __typename } } } } ... on Cat { ...P age } } } fragment P on Pet { friend { id: friend { friend { __typename } } } age }',
    },
  },
  {
    title: 'the name of an interface object does not replace a runtime type in a field fetched twice',
    fixture: 'interface-object',
    operation: {
      query:
        '{ top { a: shelf { items { __typename similar { __typename } votes shelf { __typename } } } similar { __typename } votes ... on Book { __typename } } }',
    },
    stockFails: false,
  },
  {
    title: 'a requirement of one place is not asked of what stands at the same path under another type',
    fixture: 'inaccessible',
    operation: {
      query:
        '{ staff { ... on Boss { mentor { ... on Clerk { band } } } ... on Clerk { mentor { ... on Clerk { badge } } } } }',
    },
  },
  {
    title: 'nor where the entities are of an interface object',
    fixture: 'interface-object-indirect',
    operation: {
      query:
        '{ messages { readers { ... on Admin { manager { label } } ... on Account { manager { limit } } } } }',
    },
  },
  {
    title: 'a null in a non-null field is an error with its path',
    fixture: 'null-keys',
    operation: 'a non-null field of an unknown entity',
    stockFails: false,
  },
  {
    title: 'an error of a subgraph keeps its path',
    fixture: 'failures',
    operation: 'fields of entities that throw',
    stockFails: false,
  },
];

/** It never ends for some of them. */
const stockPlanningTimeoutMs = 2000;

describe('defects of the planner and of the stock gateway', () => {
  it.each(provocations)('$title', async ({ fixture: name, operation, stockFails = true }) => {
    const fixture = fixtures.find((candidate) => candidate.name === name);
    const request =
      typeof operation === 'string'
        ? fixture?.operations.find((candidate) => candidate.name === operation)
        : operation;
    if (!fixture || !request) throw new Error(`No such operation: ${name}, ${JSON.stringify(operation)}`);

    fixture.reset?.();
    const expected = await openMonolith(fixture).run(request);
    fixture.reset?.();
    const actual = await openEngine(fixture).run(request);
    fixture.reset?.();

    expect(JSON.stringify(actual.data)).toBe(JSON.stringify(expected.data));
    const paths = new Set(actual.errors.map((error) => JSON.stringify(error.path)));
    for (const { path } of expected.errors) expect(paths).toContain(JSON.stringify(path));

    const stock = await openStock(fixture, stockPlanningTimeoutMs);
    const stockAnswer = await stock.run(request);
    await stock.close();
    fixture.reset?.();
    // Once the packages are mended, what works around them can go.
    if (stockFails) expect(stockAnswer.data).not.toEqual(expected.data);
  });

  it('an empty plan is an error, not an answer made of nulls', () => {
    const [fixture] = fixtures;
    if (!fixture) throw new Error('There are no fixtures');
    const supergraph = loadSupergraph(composeFixture(fixture));
    const planner = {
      buildQueryPlan: () => ({ kind: 'QueryPlan' }),
    } as unknown as LoadedSupergraph['planner'];
    const request = { query: fixture.operations[0]?.query ?? '', operationName: null };
    const result = prepare({ ...supergraph, planner }, request, { tokensMax: 1000, suggestions: true });
    expect(result).toMatchObject({
      refused: {
        code: 'PLANNING_FAILED',
        errors: [{ message: 'This operation cannot be planned' }],
        detail: expect.stringContaining('empty plan'),
      },
    });
  });
});
