/** Reads and builds selections of GraphQL documents. */

import {
  Kind,
  type DirectiveNode,
  type FieldNode,
  type InlineFragmentNode,
  type SelectionNode,
} from 'graphql';

export const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

export function responseName({ alias, name }: FieldNode): string {
  return (alias ?? name).value;
}

/** The fields of a selection set, including those of inline fragments in it. */
export function fieldsIn(selections: readonly SelectionNode[]): FieldNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    return selection.kind === Kind.INLINE_FRAGMENT ? fieldsIn(selection.selectionSet.selections) : [];
  });
}

/** `... on type @directives { selections }` */
export function onType(
  type: string,
  selections: readonly SelectionNode[],
  directives: readonly DirectiveNode[] = [],
): InlineFragmentNode {
  return {
    kind: Kind.INLINE_FRAGMENT,
    typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type } },
    directives,
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  };
}
