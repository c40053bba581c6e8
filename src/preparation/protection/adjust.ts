/**
 * The operation as it is planned: without what was denied, and with what the checks must know. What is left out is null
 * in the answer; what is added is not in the answer, which is made from the client's own document.
 */

import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInputObjectType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

import type { ParentField } from '../../pipeline/authorization.ts';
import type { InternalName } from '../planner-fixes/renaming.ts';
import type { CheckList } from './check-list.ts';
import { fragmentSelections } from './policy-fits.ts';

export interface Adjustment {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly checks: CheckList;
  /** Numbers of checks that were denied. */
  readonly denied: ReadonlySet<number>;
  readonly nameOf: InternalName;
  /** Of aliases that no client's alias equals. */
  readonly aliasPrefix: string;
}

/** @returns The operation without spreads. */
export function adjusted(
  operation: OperationDefinitionNode,
  adjustment: Adjustment,
): OperationDefinitionNode {
  const root = adjustment.schema.getRootType(operation.operation);
  if (!root) return operation;
  const selections = new Adjuster(adjustment).selectionsOf(operation.selectionSet, root, [root]);
  return { ...operation, selectionSet: { ...operation.selectionSet, selections } };
}

class Adjuster {
  readonly #is: Adjustment;

  constructor(adjustment: Adjustment) {
    this.#is = adjustment;
  }

  /** @param possible What the objects may be. */
  selectionsOf(
    selectionSet: SelectionSetNode,
    type: GraphQLCompositeType,
    possible: readonly GraphQLObjectType[],
  ): SelectionNode[] {
    return selectionSet.selections.flatMap((selection): SelectionNode[] => {
      if (selection.kind === Kind.FIELD) return this.#field(selection, type, possible);
      const { fragments, schema } = this.#is;
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
      if (!fragment) return [];
      const condition = fragment.typeCondition;
      const narrowed = condition ? schema.getType(condition.name.value) : type;
      if (!isCompositeType(narrowed)) return [];
      const fits = this.#objectTypes(narrowed);
      const inner = possible.filter((one) => fits.includes(one));
      const selections = this.selectionsOf(fragment.selectionSet, narrowed, inner);
      if (selections.length === 0) return [];
      const { directives = [] } = selection;
      const node: InlineFragmentNode = {
        kind: Kind.INLINE_FRAGMENT,
        ...(condition ? { typeCondition: condition } : {}),
        directives,
        selectionSet: { kind: Kind.SELECTION_SET, selections },
      };
      return [node];
    });
  }

  #field(
    node: FieldNode,
    type: GraphQLCompositeType,
    possible: readonly GraphQLObjectType[],
  ): SelectionNode[] {
    if (node.name.value === '__typename') return [node];
    const { checks, denied } = this.#is;
    const guards = possible.map((one) => ({ type: one, check: checks.ofField(one, node) }));
    const isGone = guards.every(({ check }) => check !== undefined && denied.has(check));
    if (isGone && guards.length > 0) return [];
    const added: SelectionNode[] = [];
    if (new Set(guards.map(({ check }) => check)).size > 1) added.push(typename);
    for (const { type: one, check } of guards) {
      if (check === undefined || !checks.readsParent(check)) continue;
      const selections = this.#parentSelections(check, one);
      if (selections.length === 0) continue;
      added.push(one === type ? underConditionsOf(node, selections) : on(one, node, selections));
    }
    return [this.#withBelow(node, type), ...added];
  }

  #withBelow(node: FieldNode, type: GraphQLCompositeType): FieldNode {
    if (!node.selectionSet) return node;
    const declared = fieldType(type, node);
    if (!isCompositeType(declared)) return node;
    const possible = this.#objectTypes(declared);
    const selections = this.selectionsOf(node.selectionSet, declared, possible);
    const { checks, denied } = this.#is;
    // What was left out may have been the only thing that told the runtime type.
    const needsType =
      isAbstractType(declared) &&
      (denied.size > 0 || possible.some(({ name }) => checks.ofObject(name) !== undefined));
    const kept = selections.length === 0 || needsType ? [typename, ...selections] : selections;
    return { ...node, selectionSet: { ...node.selectionSet, selections: kept } };
  }

  #parentSelections(check: number, type: GraphQLObjectType): SelectionNode[] {
    const { checks } = this.#is;
    const nodes = new Map<string, FieldNode>();
    const fields = new Map<string, ParentField>();
    for (const { fragments } of checks.guardsOf(check).rules) {
      for (const fragment of fragments) {
        const { selectionSet } = fragmentSelections(fragment);
        this.#parentFields(selectionSet, type, { check, nodes, fields });
      }
    }
    checks.setParent(check, [...fields.values()]);
    return [...nodes.values()];
  }

  /** Under a name of their own where the client may ask for the same field in another way. */
  #parentFields(
    { selections }: SelectionSetNode,
    type: GraphQLNamedType,
    into: { check: number; nodes: Map<string, FieldNode>; fields: Map<string, ParentField> },
  ): void {
    for (const selection of selections) {
      if (selection.kind !== Kind.FIELD || into.fields.has(selection.name.value)) continue;
      const name = selection.name.value;
      const isPlain = !selection.selectionSet && argumentsCount(type, name) === 0;
      const alias = `${this.#is.aliasPrefix}_check${into.check}_${name}`;
      const inner = { check: into.check, nodes: new Map(), fields: new Map() };
      const declared = fieldType(type, selection);
      if (selection.selectionSet && declared) this.#parentFields(selection.selectionSet, declared, inner);
      const node: FieldNode = {
        kind: Kind.FIELD,
        name: { kind: Kind.NAME, value: name },
        ...(isPlain ? {} : { alias: { kind: Kind.NAME, value: alias } }),
        ...(selection.selectionSet
          ? { selectionSet: { kind: Kind.SELECTION_SET, selections: [...inner.nodes.values()] } }
          : {}),
      };
      into.nodes.set(name, node);
      const fields = selection.selectionSet ? [...inner.fields.values()] : null;
      into.fields.set(name, { name, from: this.#is.nameOf(node), fields });
    }
  }

  #objectTypes(type: GraphQLCompositeType): readonly GraphQLObjectType[] {
    return isAbstractType(type) ? this.#is.schema.getPossibleTypes(type) : [type];
  }
}

function on(type: GraphQLObjectType, node: FieldNode, selections: SelectionNode[]): InlineFragmentNode {
  const name = { kind: Kind.NAME, value: type.name } as const;
  return { ...underConditionsOf(node, selections), typeCondition: { kind: Kind.NAMED_TYPE, name } };
}

/** What a check must know is needed only where its field is asked for. */
function underConditionsOf({ directives = [] }: FieldNode, selections: SelectionNode[]): InlineFragmentNode {
  const selectionSet = { kind: Kind.SELECTION_SET, selections } as const;
  return { kind: Kind.INLINE_FRAGMENT, directives, selectionSet };
}

function fieldType(type: GraphQLNamedType, { name }: FieldNode): GraphQLNamedType | undefined {
  if (!('getFields' in type) || isInputObjectType(type)) return undefined;
  const field = type.getFields()[name.value];
  return field && getNamedType(field.type);
}

function argumentsCount(type: GraphQLNamedType, name: string): number {
  if (!('getFields' in type) || isInputObjectType(type)) return 0;
  return type.getFields()[name]?.args.length ?? 0;
}

const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };
