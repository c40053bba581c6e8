/**
 * Plans some operations separately for each combination of their `@skip` and `@include` variables. With variable
 * conditions, the planner fetches the inputs of a `@requires` under that field's condition and then fetches all fields
 * with one representation, which lacks the inputs of skipped fields. The order of a mutation's root fields may depend on
 * conditions as well.
 */

import {
  Kind,
  visit,
  type DirectiveNode,
  type DocumentNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';

import { responseName } from '../../shared/selections.ts';
import { someSelection } from '../selection-walk.ts';
import type { Requirements } from '../supergraph/requirements.ts';

/** Variables of `@skip` and `@include` in a document whose plan depends on them; else none. */
export function conditionVariablesOf(document: DocumentNode, { fieldNames }: Requirements): string[] {
  const variables = new Set<string>();
  let isDependent = false;
  for (const definition of document.definitions) {
    if (!('selectionSet' in definition)) continue;
    someSelection(definition.selectionSet, (selection) => {
      isDependent ||= selection.kind === Kind.FIELD && fieldNames.has(selection.name.value);
      for (const directive of selection.directives ?? []) {
        const variable = conditionVariable(directive);
        if (variable !== undefined) variables.add(variable);
      }
      return false;
    });
  }
  if (variables.size === 0) return [];
  return isDependent || orderDepends(document) ? [...variables].sort() : [];
}

/** Whether a mutation selects a root field repeatedly and conditionally: its first occurrence may be skipped. */
function orderDepends(document: DocumentNode): boolean {
  const seen = new Set<string>();
  let isRepeated = false;
  let isConditional = false;
  const walk = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      isConditional ||= (selection.directives ?? []).some(
        (directive) => conditionVariable(directive) !== undefined,
      );
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        walk(selection.selectionSet);
        continue;
      }
      const isField = selection.kind === Kind.FIELD;
      const name = selection.name.value;
      const key = isField ? responseName(selection) : `...${name}`;
      if (seen.has(key)) isRepeated = true;
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
  return isRepeated && isConditional;
}

/** @param trueVariables All other condition variables are false. */
export function withConditions(document: DocumentNode, trueVariables: ReadonlySet<string>): DocumentNode {
  return visit(document, {
    Directive(directive): DirectiveNode | undefined {
      const variable = conditionVariable(directive);
      if (variable === undefined) return undefined;
      const value = trueVariables.has(variable);
      const name = { kind: Kind.NAME, value: 'if' } as const;
      return {
        ...directive,
        arguments: [{ kind: Kind.ARGUMENT, name, value: { kind: Kind.BOOLEAN, value } }],
      };
    },
  });
}

/** The value of a literal condition. */
export function constantOf(directive: DirectiveNode): boolean | undefined {
  const condition = conditionOf(directive);
  return condition?.kind === Kind.BOOLEAN ? condition.value : undefined;
}

export function conditionVariable(directive: DirectiveNode): string | undefined {
  const condition = conditionOf(directive);
  return condition?.kind === Kind.VARIABLE ? condition.name.value : undefined;
}

/** The argument of `@skip` and `@include`; of other directives none. */
function conditionOf({ name, arguments: values }: DirectiveNode): ValueNode | undefined {
  return name.value === 'skip' || name.value === 'include' ? values?.[0]?.value : undefined;
}
