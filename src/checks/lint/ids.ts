/** Rule about the type of ids: fields called `id`, and fields that are the key of an entity. */

import { Kind } from 'graphql';

import {
  isOfInterface,
  itemType,
  namedType,
  ownDefinitions,
  type LintField,
  type LintGraph,
} from './graph.ts';
import { singleKeyFields } from './keys.ts';
import type { LintMark } from './mark.ts';

/** A scalar of one's own, such as `UUID`, was chosen on purpose. */
const otherBuiltIns: ReadonlySet<string> = new Set(['String', 'Int', 'Float', 'Boolean']);

export function* idTypes(graph: LintGraph): Generator<LintMark> {
  for (const type of graph.types.values()) {
    const keys = singleKeyFields(type);
    for (const field of type.fields.values()) {
      const isId = field.name === 'id';
      if ((!isId && !keys.has(field.name)) || isOfInterface(type, field.name, graph)) continue;
      const mark = idMark(field, isId ? 'is an id' : `is the key of ${type.name}`);
      if (mark) yield mark;
    }
  }
}

function idMark(field: LintField, reason: string): LintMark | undefined {
  const definitions = ownDefinitions(field).filter(
    ({ node }) => itemType(node.type) === undefined && otherBuiltIns.has(namedType(node.type)),
  );
  const [definition] = definitions;
  if (!definition) return undefined;
  const names = [...new Set(definitions.map(({ node }) => namedType(node.type)))].sort();
  return {
    rule: 'lint-id-type',
    coordinate: field.coordinate,
    definition,
    message: `Field ${field.coordinate} ${reason}, but its type is ${names.join(' and ')} and not ID`,
    hint: `Write \`${field.name}: ID${definition.node.type.kind === Kind.NON_NULL_TYPE ? '!' : ''}\``,
    details: names,
  };
}
