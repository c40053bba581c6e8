/**
 * Operations planned for given values of `@skip` and `@include`: with conditions left open, the planner fetches the
 * inputs of a `@requires` under that field's condition and then asks for all fields with one representation, which
 * lacks the inputs of whatever was skipped. And the order in which a mutation runs its root fields may depend on them.
 */

import {
  Kind,
  visit,
  type DirectiveNode,
  type DocumentNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';

import type { Requirements } from '../supergraph/requirements.ts';

/** Variables of `@skip` and `@include` in a document whose plan depends on them; else none. */
export function decidingVariables(document: DocumentNode, { fieldNames }: Requirements): string[] {
  const variables = new Set<string>();
  let depends = orderDepends(document);
  visit(document, {
    Field(field) {
      depends ||= fieldNames.has(field.name.value);
    },
    Directive(directive) {
      const variable = conditionVariable(directive);
      if (variable !== undefined) variables.add(variable);
    },
  });
  return depends ? [...variables].sort() : [];
}

/** Whether a mutation may ask twice for one of its root fields, and under conditions: its first place may not count. */
function orderDepends(document: DocumentNode): boolean {
  const seen = new Set<string>();
  let twice = false;
  let conditional = false;
  const walk = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      conditional ||= (selection.directives ?? []).some((one) => conditionVariable(one) !== undefined);
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        walk(selection.selectionSet);
        continue;
      }
      const isField = selection.kind === Kind.FIELD;
      const name = selection.name.value;
      const key = isField ? (selection.alias?.value ?? name) : `...${name}`;
      if (seen.has(key)) twice = true;
      else if (!isField) walkFragment(name);
      seen.add(key);
    }
  };
  const walkFragment = (name: string): void => {
    for (const definition of document.definitions) {
      if (definition.kind !== Kind.FRAGMENT_DEFINITION || definition.name.value !== name) continue;
      walk(definition.selectionSet);
    }
  };
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION || definition.operation !== 'mutation') continue;
    walk(definition.selectionSet);
  }
  return twice && conditional;
}

/** @param isTrue The variables that are; the others are false. */
export function withConditions(document: DocumentNode, isTrue: ReadonlySet<string>): DocumentNode {
  return visit(document, {
    Directive(directive): DirectiveNode | undefined {
      const variable = conditionVariable(directive);
      if (variable === undefined) return undefined;
      const value = isTrue.has(variable);
      const name = { kind: Kind.NAME, value: 'if' } as const;
      return {
        ...directive,
        arguments: [{ kind: Kind.ARGUMENT, name, value: { kind: Kind.BOOLEAN, value } }],
      };
    },
  });
}

/** The value of a condition that is no variable. */
export function constantOf(directive: DirectiveNode): boolean | undefined {
  const condition = conditionOf(directive);
  return condition?.kind === Kind.BOOLEAN ? condition.value : undefined;
}

export function conditionVariable(directive: DirectiveNode): string | undefined {
  const condition = conditionOf(directive);
  return condition?.kind === Kind.VARIABLE ? condition.name.value : undefined;
}

/** The argument of `@skip` and `@include`; of other directives none. */
function conditionOf({ name, arguments: given }: DirectiveNode): ValueNode | undefined {
  return name.value === 'skip' || name.value === 'include' ? given?.[0]?.value : undefined;
}
