/** Every fixture means what it says, and the two oracles agree about it except where it says they do not. */
import { lexicographicSortSchema, parse, printSchema, validate, type GraphQLSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { fixtures } from '../fixtures/index.ts';
import { apiSchemaOf, composeFixture } from './compose.ts';
import { openMonolith } from './monolith.ts';
import { openStock, type StockOracle } from './stock.ts';

it('has no two fixtures of one name', () => {
  const names = fixtures.map((fixture) => fixture.name);
  expect(names).toEqual([...new Set(names)]);
});

describe.each(fixtures)('$name', (fixture) => {
  const monolith = openMonolith(fixture);
  let stock: StockOracle | undefined;
  beforeAll(async () => {
    if (fixture.stockRefuses === undefined) stock = await openStock(fixture);
    else await expect(openStock(fixture)).rejects.toThrow();
  });
  afterAll(() => stock?.close());

  it('has a monolith with exactly the API schema of the supergraph', () => {
    expect(sorted(monolith.schema)).toBe(sorted(apiSchemaOf(composeFixture(fixture))));
  });

  it('has at least 8 operations, each with its own name', () => {
    const names = fixture.operations.map((operation) => operation.name);
    expect(names).toEqual([...new Set(names)]);
    expect(names.length).toBeGreaterThanOrEqual(8);
  });

  it.each(fixture.operations)('answers as said: $name', async (operation) => {
    expect(validate(monolith.schema, parse(operation.query))).toEqual([]);

    fixture.reset?.();
    const expected = await monolith.run(operation);
    fixture.reset?.();
    expect(expected.data).not.toBeUndefined();
    if (!stock) return;
    const actual = await stock.run(operation);
    fixture.reset?.();

    if (operation.stockDiffers !== undefined) {
      expect(actual.data).not.toEqual(expected.data);
      return;
    }
    const errors = JSON.stringify({ stock: actual.errors, monolith: expected.errors });
    expect(actual.data, errors).toEqual(expected.data);
    // The order of fields is part of the answer too.
    expect(JSON.stringify(actual.data)).toBe(JSON.stringify(expected.data));
  });
});

function sorted(schema: GraphQLSchema): string {
  return printSchema(lexicographicSortSchema(schema));
}
