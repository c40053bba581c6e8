/**
 * An operation as the planner can be trusted with it: no spreads, nothing about the schema, no constants, no condition that an outer one decides,
 * no type condition that always holds, and in each selection set something that is always asked for.
 *
 * The planner moves a condition that all selections of a field share up to the fetch of that field, and drops a field
 * below which all conditions contradict each other: the client then gets null for an object that is there.
 */

import {
  doTypesOverlap,
  getNamedType,
  isAbstractType,
  isCompositeType,
  Kind,
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

import { isSchemaField } from '../projection-spec.ts';
import { conditionVariable, constantOf } from './conditions.ts';

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/** What the conditions further out say about a variable. */
type Known = ReadonlyMap<string, boolean>;

export function settled(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: Fragments,
): OperationDefinitionNode {
  const root = schema.getRootType(operation.operation) ?? undefined;
  const selections = new Settler(schema, fragments).settle(operation.selectionSet, root, new Map());
  return { ...operation, selectionSet: { ...operation.selectionSet, selections } };
}

class Settler {
  readonly #schema: GraphQLSchema;
  readonly #fragments: Fragments;
  readonly #roots: readonly unknown[];

  constructor(schema: GraphQLSchema, fragments: Fragments) {
    this.#schema = schema;
    this.#roots = [schema.getQueryType(), schema.getMutationType()];
    this.#fragments = fragments;
  }

  settle(selectionSet: SelectionSetNode, type: GraphQLNamedType | undefined, known: Known): SelectionNode[] {
    return selectionSet.selections.flatMap((selection): SelectionNode[] => {
      const decided = decide(selection.directives, known);
      if (!decided) return [];
      const { directives } = decided;
      if (selection.kind === Kind.FIELD) {
        if (isSchemaField(selection)) return [];
        if (!selection.selectionSet) return [{ ...selection, directives }];
        const below = this.settle(selection.selectionSet, fieldType(type, selection), decided.known);
        const inner = { ...selection.selectionSet, selections: withConstant(below) };
        return [{ ...selection, directives, selectionSet: inner }];
      }
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? this.#fragments.get(selection.name.value) : selection;
      if (!fragment) return [];
      const condition = fragment.typeCondition;
      const narrowed = condition ? this.#schema.getType(condition.name.value) : type;
      if (!this.#overlap(narrowed, type)) return [];
      const always = !condition || this.#holds(narrowed, type);
      const selections = this.settle(fragment.selectionSet, always ? type : narrowed, decided.known);
      if (selections.length === 0) return [];
      if (always && directives.length === 0) return selections;
      const named = always ? this.#conditionOn(type) : condition;
      return [
        {
          kind: Kind.INLINE_FRAGMENT,
          ...(named ? { typeCondition: named } : {}),
          directives,
          selectionSet: { kind: Kind.SELECTION_SET, selections },
        },
      ];
    });
  }

  /**
   * The planner gives fields that do not merge an alias, but does not find those in a fragment without a type condition.
   * Root types have none: a subgraph may call them something else.
   */
  #conditionOn(type: GraphQLNamedType | undefined): NamedTypeNode | undefined {
    if (!type || this.#roots.includes(type)) return undefined;
    return { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type.name } };
  }

  /** Below an outer type condition that was left out, an inner one may be impossible. */
  #overlap(one: GraphQLNamedType | undefined, other: GraphQLNamedType | undefined): boolean {
    if (!isCompositeType(one) || !isCompositeType(other)) return true;
    return doTypesOverlap(this.#schema, one, other);
  }

  /** Whether every object of `type` meets the condition. */
  #holds(condition: GraphQLNamedType | undefined, type: GraphQLNamedType | undefined): boolean {
    if (!condition || !type) return false;
    if (condition === type) return true;
    return (
      isAbstractType(condition) &&
      isCompositeType(type) &&
      'getInterfaces' in type &&
      this.#schema.isSubType(condition, type)
    );
  }
}

function fieldType(parent: GraphQLNamedType | undefined, { name }: FieldNode): GraphQLNamedType | undefined {
  const field = parent && 'getFields' in parent ? parent.getFields()[name.value] : undefined;
  return field && getNamedType(field.type);
}

/** @returns undefined where the selection can never be included. */
function decide(
  directives: readonly DirectiveNode[] | undefined,
  known: Known,
): { directives: readonly DirectiveNode[]; known: Known } | undefined {
  if (!directives?.length) return { directives: [], known };
  const now = new Map(known);
  const kept: DirectiveNode[] = [];
  for (const directive of directives) {
    const wanted = directive.name.value === 'include';
    const variable = conditionVariable(directive);
    const value = variable === undefined ? constantOf(directive) : now.get(variable);
    if (value !== undefined && value !== wanted) return undefined;
    if (value !== undefined) continue;
    kept.push(directive);
    if (variable !== undefined) now.set(variable, wanted);
  }
  return { directives: kept, known: now };
}

function withConstant(selections: readonly SelectionNode[]): readonly SelectionNode[] {
  const constant = selections.some(({ kind, directives }) => kind === Kind.FIELD && !directives?.length);
  return constant || (selections.length > 0 && !selections.some(isConditional))
    ? selections
    : [typename, ...selections];
}

function isConditional(selection: SelectionNode): boolean {
  if (selection.directives?.length) return true;
  return selection.kind === Kind.INLINE_FRAGMENT && selection.selectionSet.selections.some(isConditional);
}

const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };
