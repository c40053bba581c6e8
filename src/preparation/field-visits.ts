/** Visits the fields that an operation selects, each as often as its fragments are spread, with its conditions. */

import {
  getNamedType,
  isCompositeType,
  isUnionType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

import type { Clause } from '../pipeline/clause.ts';
import { responseName } from '../shared/selections.ts';
import { always, and } from './collect-fields.ts';

export interface FieldVisit {
  readonly node: FieldNode;
  /** Of the selection set that the field stands in. */
  readonly type: GraphQLCompositeType;
  /** Under which it is selected, with the conditions of all that is around it. */
  readonly clause: Clause;
  /** In response names, its own last, separated by dots. */
  readonly path: string;
}

export interface VisitedOperation {
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly schema: GraphQLSchema;
}

/** Fields of introspection are left out. */
export function* fieldVisits({ operation, fragments, schema }: VisitedOperation): Generator<FieldVisit> {
  const root = schema.getRootType(operation.operation);
  if (root) yield* within(operation.selectionSet, { type: root, clause: always, path: '' });

  function* within(
    { selections }: SelectionSetNode,
    { type, clause: outer, path: prefix }: Omit<FieldVisit, 'node'>,
  ): Generator<FieldVisit> {
    for (const selection of selections) {
      const clause = and(outer, selection.directives);
      if (!clause) continue;
      if (selection.kind !== Kind.FIELD) {
        const fragment =
          selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
        const named = fragment?.typeCondition && schema.getType(fragment.typeCondition.name.value);
        const inner = isCompositeType(named) ? named : type;
        if (fragment) yield* within(fragment.selectionSet, { type: inner, clause, path: prefix });
        continue;
      }
      const declared = isUnionType(type) ? undefined : type.getFields()[selection.name.value];
      if (!declared) continue;
      const path = prefix === '' ? responseName(selection) : `${prefix}.${responseName(selection)}`;
      yield { node: selection, type, clause, path };
      const named = getNamedType(declared.type);
      if (selection.selectionSet && isCompositeType(named))
        yield* within(selection.selectionSet, { type: named, clause, path });
    }
  }
}
