import fc from 'fast-check';
import {
  buildSchema,
  executeSync,
  Kind,
  parse,
  print,
  stripIgnoredCharacters,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { describe, expect, it } from 'vitest';

import { conditionVariable, constantOf } from './conditions.ts';
import { settled } from './settle.ts';

const schema = buildSchema(`
  type Query { node: Node item: Item any: Any id: ID }
  interface Node { id: ID next: Node }
  type Item implements Node { id: ID next: Node price: Int }
  type User implements Node { id: ID next: Node email: String }
  union Any = Item | User
`);

describe('settled', () => {
  it.each<[string, string, string]>([
    ['spreads fragments', '{ ...F } fragment F on Query { id }', '{id}'],
    ['drops schema introspection', '{ id __schema { __typename } __type(name: "X") { name } }', '{id}'],
    ['keeps what is always included', '{ id @include(if: true) @skip(if: false) }', '{id}'],
    [
      'drops what is never included',
      '{ id item @skip(if: true) { id } ... @include(if: false) { any { __typename } } }',
      '{id}',
    ],
    [
      'drops a fragment of which nothing remains',
      '{ id ... @include(if: $x) { item @skip(if: true) { id } } }',
      '{id}',
    ],
    [
      'drops a condition that an outer one implies',
      '{ item @include(if: $x) { id @include(if: $x) price } }',
      '{item@include(if:$x){id price}}',
    ],
    [
      'drops what contradicts an outer condition',
      '{ item @include(if: $x) { id price @skip(if: $x) } }',
      '{item@include(if:$x){id}}',
    ],
    ['drops what contradicts itself', '{ id item @skip(if: $x) @include(if: $x) { id } }', '{id}'],
    [
      'keeps conditions with other variables',
      '{ item @include(if: $x) { id price @skip(if: $y) } }',
      '{item@include(if:$x){id price@skip(if:$y)}}',
    ],
    [
      'selects a field where all others have conditions',
      '{ item { id @include(if: $x) } }',
      '{item{__typename id@include(if:$x)}}',
    ],
    ['selects a field where no other remains', '{ item { id @skip(if: true) } }', '{item{__typename}}'],
    [
      'selects a field beside a fragment with a condition',
      '{ node { ... on Item { id @skip(if: $x) } } }',
      '{node{__typename ...on Item{id@skip(if:$x)}}}',
    ],
    [
      'selects none beside a fragment without a condition',
      '{ node { ... on Item { id } } }',
      '{node{...on Item{id}}}',
    ],
    [
      'drops a type condition that always holds',
      '{ item { ... on Item { id } ... on Node { next { id } } } }',
      '{item{id next{id}}}',
    ],
    [
      'keeps a type condition that may not hold',
      '{ node { ... on Item { id } } any { ... on Node { id } } }',
      '{node{...on Item{id}}any{...on Node{id}}}',
    ],
    [
      'drops a type condition that cannot hold',
      '{ node { id ... on Item { ... on User { id } } } }',
      '{node{id}}',
    ],
    [
      'names the type of a fragment that has only a condition',
      '{ item { id ... @include(if: $x) { price } } }',
      '{item{id ...on Item@include(if:$x){price}}}',
    ],
    [
      'names no root type, which subgraphs may call otherwise',
      '{ id ... @include(if: $x) { item { id } } }',
      '{id ...@include(if:$x){item{id}}}',
    ],
    ['keeps arguments, aliases and other directives', '{ i: id @live }', '{i:id@live}'],
  ])('%s', (_title, text, expected) => {
    expect(stripIgnoredCharacters(print(settle(parse(text))))).toBe(expected);
  });
});

it('a settled operation has the same answer, whatever the variables', () => {
  fc.assert(
    fc.property(operation, (text) => {
      const document = parse(text);
      const changed = settle(document);
      checkSelections(changed.selectionSet, new Set());
      for (const [x, y] of [
        [true, true],
        [true, false],
        [false, true],
        [false, false],
      ]) {
        const answer = (of: DocumentNode) =>
          withoutTypenames(executeSync({ schema, document: of, rootValue, variableValues: { x, y } }));
        expect(answer({ kind: Kind.DOCUMENT, definitions: [changed] })).toEqual(answer(document));
      }
    }),
    { numRuns: 60, seed: 11 },
  );
});

/** Neither spreads, nor constant conditions, nor a variable that an enclosing condition has; never without a constant. */
function checkSelections({ selections }: SelectionSetNode, variables: ReadonlySet<string>): void {
  for (const selection of selections) {
    expect(selection.kind).not.toBe(Kind.FRAGMENT_SPREAD);
    const inner = new Set(variables);
    for (const directive of selection.directives ?? []) {
      expect(constantOf(directive)).toBeUndefined();
      const variable = conditionVariable(directive) ?? '';
      expect(inner).not.toContain(variable);
      inner.add(variable);
    }
    if (selection.kind === Kind.FRAGMENT_SPREAD || !selection.selectionSet) continue;
    checkSelections(selection.selectionSet, inner);
    if (selection.kind === Kind.FIELD)
      expect(selection.selectionSet.selections.some(({ directives }) => !directives?.length)).toBe(true);
  }
}

function settle(document: DocumentNode): OperationDefinitionNode {
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const byName = new Map(
    fragments.map((fragment): [string, FragmentDefinitionNode] => [fragment.name.value, fragment]),
  );
  return settled(schema, document.definitions[0] as OperationDefinitionNode, byName);
}

const user = { __typename: 'User', id: 'u', next: null, email: 'e' };
const item = { __typename: 'Item', id: 'i', next: user, price: 1 };
const rootValue = { id: 'q', node: item, item, any: user };

function withoutTypenames(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer), (key, value: unknown) =>
    key === '__typename' ? undefined : value,
  );
}

/** Conditions, nested within each other and within fragments, above fields of every type. */
const { selections } = fc.letrec<{ selections: string; selection: string }>((tie) => ({
  selections: fc.array(tie('selection'), { minLength: 1, maxLength: 3 }).map((texts) => texts.join(' ')),
  selection: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    directives().map((conditions) => `id ${conditions}`),
    fc.tuple(directives(), tie('selections')).map(([conditions, inner]) => `next ${conditions} { ${inner} }`),
    fc
      .tuple(fc.constantFrom('', 'on Item', 'on User', 'on Node'), directives(), tie('selections'))
      .map(([condition, conditions, inner]) => `... ${condition} ${conditions} { ${inner} }`),
    directives().map((conditions) => `...F ${conditions}`),
  ),
}));
const operation = fc.tuple(selections, directives(), selections, directives()).map(
  ([inner, outer, other, last]) =>
    `query ($x: Boolean!, $y: Boolean!) { node ${outer} { ${inner} } item { ${other} } any { ...F ${last} } }
       fragment F on Node { id ... on User { email ${last} } ... on Item @skip(if: $x) { price } }`,
);

function directives(): fc.Arbitrary<string> {
  const condition = fc.constantFrom(
    '@include(if: $x)',
    '@skip(if: $x)',
    '@include(if: $y)',
    '@skip(if: true)',
    '@include(if: true)',
  );
  return fc
    .uniqueArray(condition, { maxLength: 2, selector: (text) => text.slice(0, 3) })
    .map((texts) => texts.join(' '));
}
