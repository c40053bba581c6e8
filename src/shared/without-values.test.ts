/** Messages about an invalid document name elements of the schema, and never a value of the document. */
import { buildSchema, parse, validate, GraphQLError } from 'graphql';
import { expect, it } from 'vitest';

import { withoutValues } from './without-values.ts';

const schema = buildSchema(`
  enum Color { RED GREEN }
  type Query { paint(color: Color, size: Int, label: String): Int }
`);

it.each([
  [
    'paint(color: "RED")',
    'Enum "Color" cannot represent non-enum value: this value. Did you mean the enum value "RED" or "GREEN"?',
  ],
  ['paint(color: "Color")', 'Enum "Color" cannot represent non-enum value: this value.'],
  [
    'paint(color: "GREEM")',
    'Enum "Color" cannot represent non-enum value: this value. Did you mean the enum value "GREEN"?',
  ],
  ['paint(color: "RED Did you mean secret?")', 'Enum "Color" cannot represent non-enum value: this value.'],
  ['paint(color: REDD)', 'Value "REDD" does not exist in "Color" enum. Did you mean the enum value "RED"?'],
  ['paint(size: "secret")', 'Int cannot represent non-integer value: this value'],
  ['paint(label: { Int: "secret?" })', 'String cannot represent a non string value: this value'],
  ['paint(colour: "secret")', 'Unknown argument "colour" on field "Query.paint". Did you mean "color"?'],
])('%s: %s', (field, message) => {
  const [error] = validate(schema, parse(`{ ${field} }`));
  expect(error && withoutValues(error)).toBe(message);
});

it('the parser tells no value either', () => {
  const parsed = () => parse('{ paint(label: "secret" "more") }');
  expect(parsed).toThrow(GraphQLError);
  try {
    parsed();
  } catch (error) {
    expect(error instanceof GraphQLError && withoutValues(error)).not.toMatch(/secret|more/);
  }
});
