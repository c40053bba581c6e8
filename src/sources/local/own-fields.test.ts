import { buildSchema } from 'graphql';
import { expect, it } from 'vitest';

import { parseJson } from '../../shared/exact-json.ts';
import { ownVariables } from './own-fields.ts';

it('leaves the digits of numbers as they are where it makes variables fit for such fields', () => {
  const schema = buildSchema(`
    scalar Json
    input Filter { toString: String any: Json amount: Float }
    type Query { find(filter: Filter): Int }
  `);
  const text = '{"filter":{"any":[9007199254740993,{"a":1.10}],"amount":0.12345678901234567891}}';
  const variables = ownVariables(schema)(parseJson(text) as Record<string, unknown>);
  expect(JSON.stringify(variables)).toBe(text);
});
