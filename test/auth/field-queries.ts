/** Every way to ask for a field that a schema has, up to a depth: what a client could try. */

import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  type GraphQLCompositeType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';

export interface FieldQuery {
  readonly name: string;
  readonly query: string;
}

/** @param field Of `type`; a leaf, or an object whose field `leaf` is asked for. */
export function queriesFor(schema: GraphQLSchema, type: GraphQLObjectType, field: string): FieldQuery[] {
  const root = schema.getQueryType();
  if (!root) return [];
  if (type === root) return selectionsOf(type, field, root).map((way) => wrapped(way, []));
  return routes(schema, root, type, 2)
    .flatMap(({ path, at }) => selectionsOf(type, field, at).map((way) => wrapped(way, path)))
    .concat(sharedNames(schema, type, field));
}

/**
 * Under the response name of a field that anybody may see, asked for below another type condition: on the object itself,
 * and on what a field that both types have leads to.
 */
function sharedNames(schema: GraphQLSchema, type: GraphQLObjectType, field: string): FieldQuery[] {
  const open = Object.values(type.getFields()).find(({ name }) => name === 'title');
  if (!open || String(open.type) !== String(type.getFields()[field]?.type)) return [];
  const [guarded, harmless] = [`harmless: ${field}`, `harmless: ${open.name}`];
  const way = (how: string, path: string[], selection: string): FieldQuery =>
    wrapped({ how, selection }, path);
  return Object.values(schema.getQueryType()?.getFields() ?? {}).flatMap((root) => {
    const at = getNamedType(root.type);
    const members = isAbstractType(at) ? schema.getPossibleTypes(at) : [];
    return members.flatMap((other) => {
      if (other === type || !other.getFields()[open.name]) return [];
      const both = [`... on ${type.name} { ${guarded} }`, `... on ${other.name} { ${harmless} }`];
      const below = Object.values(other.getFields())
        .filter(({ name, type: of }) => isAbstractType(getNamedType(of)) && type.getFields()[name])
        .flatMap(({ name }) => [
          [
            `... on ${type.name} { ${name} { ... on ${type.name} { ${guarded} } } }`,
            `... on ${other.name} { ${name} { ... on ${type.name} { ${harmless} } } }`,
          ],
          [
            `... on ${other.name} { ${name} { ... on ${type.name} { ${guarded} } } }`,
            `... on ${type.name} { ${name} { ... on ${type.name} { ${harmless} } } }`,
          ],
        ]);
      return [both, ...below].flatMap((pair) => [
        way(`the name of an open field of ${other.name}`, [root.name], pair.join(' ')),
        way(`the name of an open field of ${other.name} before it`, [root.name], pair.toReversed().join(' ')),
      ]);
    });
  });
}

interface Selection {
  readonly how: string;
  readonly selection: string;
  readonly fragments?: string;
}

function wrapped({ how, selection, fragments = '' }: Selection, path: readonly string[]): FieldQuery {
  const body = path.reduceRight((inner, step) => `${step} { ${inner} }`, selection);
  return {
    name: `${path.join('.') || 'root'} by ${how}`,
    query: `query ($yes: Boolean! = true) { ${body} ...Alselections } fragment Alselections on Query { __typename @include(if: $yes) } ${fragments}`,
  };
}

/** How to write it where the declared type is `at`. */
function selectionsOf(type: GraphQLObjectType, field: string, at: GraphQLCompositeType): Selection[] {
  const inner = leafBelow(type, field);
  const target = `${field}${inner}`;
  const selections: Selection[] = [
    { how: 'inline fragment', selection: `... on ${type.name} { ${target} }` },
    { how: 'alias', selection: `... on ${type.name} { harmless: ${target} }` },
    { how: 'named fragment', selection: '...F', fragments: `fragment F on ${type.name} { ${target} }` },
    {
      how: 'fragment in a fragment',
      selection: '...G',
      fragments: `fragment G on ${at.name} { ...H } fragment H on ${type.name} { ${target} }`,
    },
    {
      how: 'condition',
      selection: `... on ${type.name} @include(if: $yes) { ${field} @include(if: $yes)${inner} }`,
    },
    { how: 'twice', selection: `... on ${type.name} { ${target} again: ${target} }` },
  ];
  const direct = 'getFields' in at && at.getFields()[field];
  if (direct)
    selections.push({ how: 'itself', selection: target }, { how: 'own alias', selection: `id2: ${target}` });
  for (const parent of type.getInterfaces()) {
    if (!parent.getFields()[field]) continue;
    selections.push({ how: `interface ${parent.name}`, selection: `... on ${parent.name} { ${target} }` });
  }
  return selections;
}

function leafBelow(type: GraphQLObjectType, field: string): string {
  const named = getNamedType(type.getFields()[field]?.type);
  if (!isCompositeType(named)) return '';
  return isObjectType(named) ? ` { ${Object.keys(named.getFields()).at(-1)} }` : ' { __typename }';
}

function routes(
  schema: GraphQLSchema,
  from: GraphQLObjectType,
  target: GraphQLObjectType,
  depthMax: number,
): Array<{ path: string[]; at: GraphQLCompositeType }> {
  if (depthMax === 0) return [];
  return Object.values(from.getFields()).flatMap(({ name, type, args }) => {
    const at = getNamedType(type);
    if (!isCompositeType(at) || args.length > 0) return [];
    const possible = isAbstractType(at) ? schema.getPossibleTypes(at) : [at];
    const here = possible.includes(target) ? [{ path: [name], at }] : [];
    const on = (one: GraphQLObjectType): string =>
      isAbstractType(at) ? `${name} { ... on ${one.name}` : name;
    const deeper = possible.flatMap((one) =>
      routes(schema, one, target, depthMax - 1).map((route) => ({
        ...route,
        path: [on(one), ...route.path],
      })),
    );
    return [...here, ...deeper.map(closed)];
  });
}

/** A step through a type condition opens one brace more. */
function closed({ path, at }: { path: string[]; at: GraphQLCompositeType }): {
  path: string[];
  at: GraphQLCompositeType;
} {
  return { path: path.flatMap((step) => step.split(' { ')), at };
}
