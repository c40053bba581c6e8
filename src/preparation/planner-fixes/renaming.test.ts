import fc from 'fast-check';
import {
  buildSchema,
  Kind,
  parse,
  print,
  stripIgnoredCharacters,
  type FieldNode,
  type OperationDefinitionNode,
} from 'graphql';
import { describe, expect, it } from 'vitest';

import { fieldSignature } from '../field-call.ts';
import { JoinSpec } from '../supergraph/join-spec.ts';
import { renamedNames, Renamer, type RenamedNames } from './renaming.ts';

const names: RenamedNames = {
  aliases: new Set(['id', 'title', 'price', '__typename', '_entities']),
  always: new Set(['constructor', '__proto__', 'tax']),
  requiredPlain: new Set(['price']),
  keys: new Set(['id']),
  prefix: '_t',
};

describe('a renamer', () => {
  it.each<[string, string, string]>([
    ['keeps names that are not taken', '{ title t: title other: price }', '{title t:title other:price}'],
    ['renames an alias that is a field of the graph', '{ price: title }', '{_t0:title}'],
    [
      'renames a field with arguments that is required without',
      '{ price(in: "EUR") price2: price }',
      '{_t0:price(in:"EUR")price2:price}',
    ],
    ['keeps an alias that is the name of its field', '{ title: title }', '{title:title}'],
    [
      'renames an alias that begins like an internal name',
      '{ _t0: title _tx: price }',
      '{_t0:title _t1:price}',
    ],
    ['renames names of the prototype', '{ constructor: title __proto__: price }', '{_t0:title _t1:price}'],
    ['renames fields with such names', '{ constructor }', '{_t0:constructor}'],
    ['renames required fields with arguments', '{ tax(of: 1) }', '{_t0:tax(of:1)}'],
    ['removes aliases of keys', '{ a: id b: id }', '{id id}'],
    [
      'gives two calls under one name two names',
      '{ a { x: title } b { x: price } }',
      '{a{x:title}b{_t0:price}}',
    ],
    [
      'gives equal calls one name',
      '{ a { price: title(of: 1, to: 2) } b { price: title(to: 2, of: 1) } }',
      '{a{_t0:title(of:1 to:2)}b{_t0:title(to:2 of:1)}}',
    ],
    ['removes aliases and conditions of type names', '{ t: __typename @skip(if: $x) }', '{__typename}'],
  ])('%s', (_title, text, expected) => {
    expect(renamed(new Renamer(names), text)).toBe(expected);
  });

  it('gives no name to two different calls, whatever the client names them', () => {
    const call = fc
      .tuple(
        fc.constantFrom('', 'id: ', 'title: ', 'x: ', '_t0: ', '_t1: ', 'constructor: ', 'price: '),
        fc.constantFrom('title', 'price', 'price(of: 1)', 'price(of: 2)', 'tax', 'constructor', 'id'),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(call, { maxLength: 12 }), (calls) => {
        const renamer = new Renamer(names);
        const signatures = new Map<string, string>();
        for (const field of calls.map(fieldOf)) {
          const name = renamer.nameOf(field);
          expect(signatures.get(name) ?? fieldSignature(field)).toBe(fieldSignature(field));
          signatures.set(name, fieldSignature(field));
          expect(names.always).not.toContain(name);
          expect(renamer.nameOf(field)).toBe(name);
        }
      }),
      { numRuns: 150, seed: 3 },
    );
  });

  it.each([
    ['v', 'v'],
    ['representations', '_t_representations'],
    ['representationsToo', 'representationsToo'],
    ['contextualArgument_1_0', '_t_contextualArgument_1_0'],
    ['__proto__', '_t___proto__'],
    ['toString', '_t_toString'],
    ['_t_v', '_t__t_v'],
    ['_tv', '_tv'],
  ])('plans the variable $%s as $%s, and knows the client’s name', (name, internal) => {
    const renamer = new Renamer(names);
    expect(renamed(renamer, `query($${name}: Int) { title(of: $${name}) }`)).toBe(
      `query($${internal}:Int){title(of:$${internal})}`,
    );
    expect(renamer.variableOf(internal)).toBe(name);
  });
});

describe('renamedNames', () => {
  const supergraph = `
    enum join__Graph { A @join__graph(name: "a") }
    type Query { book: Book _tx: Int }
    type Book @join__type(graph: A, key: "id code isbn owner { id }") @join__type(graph: A, key: "secret", resolvable: false) {
      id: ID
      code: ID
      isbn(long: Boolean): ID
      secret: ID
      owner: Owner
      price(in: String): Int
      tax: Int @join__field(graph: A, requires: "price(in: \\"EUR\\") owner { fee(of: 1) id }")
    }
    type Owner { id: ID code: Int fee(of: Int): Int }
    input Search { id: Int notAField: Int }
  `;
  const directives = `
    directive @join__graph(name: String) on ENUM_VALUE
    directive @join__type(graph: join__Graph, key: String, resolvable: Boolean) repeatable on OBJECT
    directive @join__field(graph: join__Graph, requires: String) repeatable on FIELD_DEFINITION
  `;
  const found = renamedNames(buildSchema(supergraph + directives), new JoinSpec(parse(supergraph)));

  it('keeps keys of the same type everywhere and without arguments', () => {
    expect([...found.keys]).toEqual(['id']);
  });

  it('always renames what a requirement selects with arguments, and names of the prototype', () => {
    expect(
      ['price', 'fee', 'constructor', '__proto__'].filter((name) => found.always.has(name)),
    ).toHaveLength(4);
    expect(['id', 'owner', 'tax'].filter((name) => found.always.has(name))).toEqual([]);
  });

  it('knows what requirements select without arguments', () => {
    expect([...found.requiredPlain].sort()).toEqual(['id', 'owner']);
  });

  it('knows all names of fields', () => {
    expect(['book', 'tax', '__typename', '_entities'].filter((name) => !found.aliases.has(name))).toEqual([]);
  });

  it('has a prefix that no field begins with', () => expect(found.prefix).toBe('_t_'));
});

function renamed(renamer: Renamer, text: string): string {
  return stripIgnoredCharacters(print(renamer.rename(operationOf(text))));
}

function fieldOf(text: string): FieldNode {
  return operationOf(`{ ${text} }`).selectionSet.selections[0] as FieldNode;
}

function operationOf(text: string): OperationDefinitionNode {
  const [definition] = parse(text, { noLocation: true }).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('Not an operation');
  return definition;
}
