/** Keys of entities, as `@key` states them. */

import { Kind, parse } from 'graphql';

import type { LintGraph, LintType } from './graph.ts';
import { directivesOf } from './subgraph.ts';

const tokensMax = 1000;

/** Names of the types whose values are entities, or may be: interfaces and unions of entities, too. */
export function entityTypes({ types }: LintGraph): ReadonlySet<string> {
  const entities = [...types.values()].filter(isEntity);
  const names = new Set(entities.flatMap(({ name, interfaces }) => [name, ...interfaces]));
  for (const { name, members } of types.values())
    if ([...members].some((member) => names.has(member))) names.add(name);
  return names;
}

function isEntity(type: LintType): boolean {
  return type.definitions.some((definition) => directivesOf(definition, 'key').length > 0);
}

/** Names of the fields that are a key by themselves; a key of several fields has none. */
export function singleKeyFields(type: LintType): ReadonlySet<string> {
  const names = type.definitions.flatMap((definition) =>
    directivesOf(definition, 'key').flatMap((directive) => {
      const fields = directive.arguments?.find(({ name }) => name.value === 'fields')?.value;
      return fields?.kind === Kind.STRING ? singleField(fields.value) : [];
    }),
  );
  return new Set(names);
}

function singleField(fields: string): string[] {
  try {
    const [operation] = parse(`{ ${fields} }`, { noLocation: true, maxTokens: tokensMax }).definitions;
    if (operation?.kind !== Kind.OPERATION_DEFINITION) return [];
    const [only, ...others] = operation.selectionSet.selections;
    return only?.kind === Kind.FIELD && !only.selectionSet && others.length === 0 ? [only.name.value] : [];
  } catch {
    // Composition reports it.
    return [];
  }
}
