/**
 * Fields that have an interface or a union as their type in the graph, and an object type in one of its subgraphs. A fetch
 * from there selects no `__typename`, because that subgraph cannot answer with another type; but then nothing says of
 * the object which type it has. It is selected here.
 */

import {
  getNamedType,
  isAbstractType,
  isInputObjectType,
  isObjectType,
  Kind,
  parse,
  print,
  stripIgnoredCharacters,
  visit,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

import { typename } from '../../shared/selections.ts';
import type { JoinSpec } from '../supergraph/join-spec.ts';

export interface NarrowedField {
  /** The type that it has in the subgraph. */
  readonly type: string;
  /** An object type, in place of an interface or a union. */
  readonly isObject: boolean;
}

/** By subgraph, then by coordinate: every field that has another type there. */
export type NarrowedFields = ReadonlyMap<string, ReadonlyMap<string, NarrowedField>>;

/** @param schema With what clients do not see. */
export function narrowedFields(joins: JoinSpec, schema: GraphQLSchema): NarrowedFields {
  const bySubgraph = new Map<string, Map<string, NarrowedField>>();
  for (const { type, field, subgraph, fieldType } of joins.fieldTypes()) {
    const own = schema.getType(fieldType.replaceAll(/[[\]!]/g, ''));
    const inGraph = namedTypeOf(schema, type, field);
    if (!own || !inGraph || own === inGraph) continue;
    const fields = bySubgraph.get(subgraph) ?? new Map<string, NarrowedField>();
    const isObject = isObjectType(own) && isAbstractType(inGraph);
    bySubgraph.set(subgraph, fields.set(`${type}.${field}`, { type: own.name, isObject }));
  }
  return bySubgraph;
}

/** @param operation The text of a fetch from the subgraph that has these fields. */
export function withTypenames(
  operation: string,
  narrowed: ReadonlyMap<string, NarrowedField> | undefined,
  schema: GraphQLSchema,
): string {
  if (!narrowed) return operation;
  const document = visit(parse(operation, { noLocation: true }), {
    OperationDefinition: (definition) => {
      const root = schema.getRootType(definition.operation)?.name ?? '';
      return { ...definition, selectionSet: within(definition.selectionSet, root) };
    },
  });
  return stripIgnoredCharacters(print(document));

  function within(selectionSet: SelectionSetNode, type: string): SelectionSetNode {
    const selections = selectionSet.selections.map((selection): SelectionNode => {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value ?? type;
        return { ...selection, selectionSet: within(selection.selectionSet, condition) };
      }
      if (selection.kind !== Kind.FIELD || !selection.selectionSet) return selection;
      const field = selection.name.value;
      const own = narrowed?.get(`${type}.${field}`);
      const inner = within(selection.selectionSet, own?.type ?? namedTypeOf(schema, type, field)?.name ?? '');
      return { ...selection, selectionSet: own?.isObject ? withTypename(inner) : inner };
    });
    return { ...selectionSet, selections };
  }
}

function withTypename({ selections, ...rest }: SelectionSetNode): SelectionSetNode {
  return { ...rest, selections: [typename, ...selections] };
}

function namedTypeOf(schema: GraphQLSchema, typeName: string, field: string) {
  const type = schema.getType(typeName);
  if (!type || !('getFields' in type) || isInputObjectType(type)) return undefined;
  const declared = type.getFields()[field]?.type;
  return declared && getNamedType(declared);
}
