/**
 * CollectFields of GraphQL with conditions kept: `@skip` and `@include` on variables become clauses.
 *
 * @see https://spec.graphql.org/October2021/#CollectFields()
 */

import {
  isAbstractType,
  Kind,
  type DirectiveNode,
  type FragmentDefinitionNode,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

import type { Clause } from '../pipeline/clause.ts';
import type { CollectedField } from './field-places.ts';
import { conditionVariable, constantOf } from './planner-fixes/conditions.ts';

/** One selection set of a merged field, with the conditions under which it is included. */
export interface Occurrence {
  readonly selectionSet: SelectionSetNode;
  readonly clause: Clause;
}

interface Collection {
  readonly collected: CollectedField[];
  /** Fragments, each with the conditions under which it was spread. */
  readonly visited: Set<string>;
}

export const always: Clause = { yes: [], no: [] };

export class FieldCollector {
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;

  constructor(schema: GraphQLSchema, fragments: ReadonlyMap<string, FragmentDefinitionNode>) {
    this.#schema = schema;
    this.#fragments = fragments;
  }

  /** The field nodes that are selected on objects of this type, in order. */
  collect(
    type: GraphQLObjectType | GraphQLInterfaceType,
    occurrences: readonly Occurrence[],
  ): CollectedField[] {
    const collected: CollectedField[] = [];
    for (const occurrence of occurrences) {
      this.#collectFrom(occurrence, type, { collected, visited: new Set() });
    }
    return collected;
  }

  #collectFrom(
    { selectionSet, clause: parent }: Occurrence,
    type: GraphQLObjectType | GraphQLInterfaceType,
    state: Collection,
  ): void {
    const { collected, visited } = state;
    for (const selection of selectionSet.selections) {
      const clause = and(parent, selection.directives);
      if (!clause) continue;
      if (selection.kind === Kind.FIELD) {
        collected.push({ node: selection, clause });
        continue;
      }
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(selection.name.value) : selection;
      if (!fragment || !this.#applies(fragment.typeCondition?.name.value, type)) continue;
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        // A repeated spread of a fragment under the same conditions adds no field.
        const visit = `${selection.name.value} ${clauseText(clause)}`;
        if (visited.has(visit)) continue;
        visited.add(visit);
      }
      this.#collectFrom({ selectionSet: fragment.selectionSet, clause }, type, state);
    }
  }

  #applies(condition: string | undefined, type: GraphQLObjectType | GraphQLInterfaceType): boolean {
    if (condition === undefined || condition === type.name) return true;
    const conditional = this.#schema.getType(condition);
    return (
      conditional !== undefined && isAbstractType(conditional) && this.#schema.isSubType(conditional, type)
    );
  }
}

/** If all nodes of a field share one condition, it holds wherever the field is present. */
export function occurrencesOf(nodes: readonly CollectedField[]): Occurrence[] {
  const clauses = new Set(nodes.map((field) => clauseText(field.clause)));
  const occurrences: Occurrence[] = [];
  for (const { node, clause } of nodes) {
    if (node.selectionSet)
      occurrences.push({ selectionSet: node.selectionSet, clause: clauses.size > 1 ? clause : always });
  }
  return occurrences;
}

/** @returns undefined: always. */
export function anyOf(clauses: readonly Clause[]): readonly Clause[] | undefined {
  if (clauses.some(isAlways)) return undefined;
  return [...new Map(clauses.map((clause) => [clauseText(clause), clause])).values()];
}

export function isAlways(clause: Clause): boolean {
  return clause.yes.length === 0 && clause.no.length === 0;
}

/** @returns undefined where the directives can never hold together with `parent`. */
export function and(parent: Clause, directives: readonly DirectiveNode[] | undefined): Clause | undefined {
  if (!directives?.length) return parent;
  const yes = new Set(parent.yes);
  const no = new Set(parent.no);
  for (const directive of directives) {
    const isInclude = directive.name.value === 'include';
    const variable = conditionVariable(directive);
    if (variable !== undefined) (isInclude ? yes : no).add(variable);
    else if (constantOf(directive) === !isInclude) return undefined;
  }
  for (const variable of yes) if (no.has(variable)) return undefined;
  return { yes: [...yes].sort(), no: [...no].sort() };
}

/** Equal for equal clauses; empty: always. */
export function clauseText(clause: Clause): string {
  return isAlways(clause) ? '' : `${clause.yes.join()}!${clause.no.join()}`;
}
