/**
 * Operations planned for given values of `@skip` and `@include`: with conditions left open, the planner fetches the
 * inputs of a `@requires` under that field's condition and then asks for all fields with one representation, which
 * lacks the inputs of whatever was skipped.
 */

import { Kind, visit, type DirectiveNode, type DocumentNode } from 'graphql';

import type { Requirements } from './requirements.ts';

/** Variables of `@skip` and `@include` in a document that selects a field with a requirement; else none. */
export function decidingVariables(document: DocumentNode, { fieldNames }: Requirements): string[] {
  const variables = new Set<string>();
  let hasRequirement = false;
  visit(document, {
    Field(field) {
      hasRequirement ||= fieldNames.has(field.name.value);
    },
    Directive(directive) {
      const variable = conditionVariable(directive);
      if (variable !== undefined) variables.add(variable);
    },
  });
  return hasRequirement ? [...variables].sort() : [];
}

export function withConditions(
  document: DocumentNode,
  values: Readonly<Record<string, boolean>>,
): DocumentNode {
  return visit(document, {
    Directive(directive): DirectiveNode | undefined {
      const variable = conditionVariable(directive);
      const value = variable === undefined ? undefined : values[variable];
      if (value === undefined) return undefined;
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
  if (directive.name.value !== 'skip' && directive.name.value !== 'include') return undefined;
  const value = directive.arguments?.[0]?.value;
  return value?.kind === Kind.BOOLEAN ? value.value : undefined;
}

export function conditionVariable(directive: DirectiveNode): string | undefined {
  if (directive.name.value !== 'skip' && directive.name.value !== 'include') return undefined;
  const value = directive.arguments?.[0]?.value;
  return value?.kind === Kind.VARIABLE ? value.name.value : undefined;
}
