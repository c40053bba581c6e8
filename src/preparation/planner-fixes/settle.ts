/**
 * Normalizes an operation so that the planner handles it correctly: no fragment spreads, no schema introspection, no
 * constant conditions, no condition that an outer one implies, no type condition that always holds, and in each selection
 * set an unconditional field.
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

import { typename } from '../../shared/selections.ts';
import { isSchemaField } from '../projection-spec.ts';
import { conditionVariable, constantOf } from './conditions.ts';

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/** The values of variables that enclosing conditions imply. */
type FixedVariables = ReadonlyMap<string, boolean>;

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

  settle(
    selectionSet: SelectionSetNode,
    type: GraphQLNamedType | undefined,
    fixedVariables: FixedVariables,
  ): SelectionNode[] {
    return selectionSet.selections.flatMap((selection): SelectionNode[] => {
      const decided = decide(selection.directives, fixedVariables);
      if (!decided) return [];
      const { directives } = decided;
      if (selection.kind === Kind.FIELD) {
        if (isSchemaField(selection)) return [];
        if (!selection.selectionSet) return [{ ...selection, directives }];
        const below = this.settle(selection.selectionSet, fieldType(type, selection), decided.fixedVariables);
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
      const selections = this.settle(fragment.selectionSet, always ? type : narrowed, decided.fixedVariables);
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
   * The planner adds aliases to conflicting fields, but misses those in a fragment without a type condition. Not for root
   * types, which may have other names in subgraphs.
   */
  #conditionOn(type: GraphQLNamedType | undefined): NamedTypeNode | undefined {
    if (!type || this.#roots.includes(type)) return undefined;
    return { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type.name } };
  }

  /** An inner type condition may be impossible within the enclosing type. */
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
  fixedVariables: FixedVariables,
): { directives: readonly DirectiveNode[]; fixedVariables: FixedVariables } | undefined {
  if (!directives?.length) return { directives: [], fixedVariables };
  const now = new Map(fixedVariables);
  const remaining: DirectiveNode[] = [];
  for (const directive of directives) {
    const includedValue = directive.name.value === 'include';
    const variable = conditionVariable(directive);
    const value = variable === undefined ? constantOf(directive) : now.get(variable);
    if (value !== undefined && value !== includedValue) return undefined;
    if (value !== undefined) continue;
    remaining.push(directive);
    if (variable !== undefined) now.set(variable, includedValue);
  }
  return { directives: remaining, fixedVariables: now };
}

function withConstant(selections: readonly SelectionNode[]): readonly SelectionNode[] {
  const isNeverEmpty = selections.some(({ kind, directives }) => kind === Kind.FIELD && !directives?.length);
  return isNeverEmpty || (selections.length > 0 && !selections.some(isConditional))
    ? selections
    : [typename, ...selections];
}

function isConditional(selection: SelectionNode): boolean {
  if (selection.directives?.length) return true;
  return selection.kind === Kind.INLINE_FRAGMENT && selection.selectionSet.selections.some(isConditional);
}
