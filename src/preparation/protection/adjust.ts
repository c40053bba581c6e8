/**
 * The operation as it is planned: without denied fields, and with the fields that checks need. Denied fields are null in
 * the answer; added fields are not in the answer, because the projection is built from the client's own document.
 */

import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  OperationTypeNode,
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
import { onType, typename } from '../../shared/selections.ts';
import type { InternalName } from '../planner-fixes/renaming.ts';
import type { CheckList } from './check-list.ts';
import { fragmentSelections } from './policy-fits.ts';

export interface Adjustment {
  /** As the client sees it. */
  readonly schema: GraphQLSchema;
  /** Of the whole graph: rules also read what is hidden from the client. */
  readonly graphSchema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly checks: CheckList;
  /** Numbers of denied checks. */
  readonly denied: ReadonlySet<number>;
  readonly nameOf: InternalName;
  /** Prefix of aliases that differ from all aliases of the client. */
  readonly aliasPrefix: string;
}

/** @returns The operation without spreads. */
export function adjusted(
  operation: OperationDefinitionNode,
  adjustment: Adjustment,
): OperationDefinitionNode {
  const root = adjustment.schema.getRootType(operation.operation);
  if (!root) return operation;
  const serialRoot = operation.operation === OperationTypeNode.MUTATION ? root : null;
  const selections = new Adjuster(adjustment, serialRoot).selectionsOf(operation.selectionSet, root, [root]);
  return { ...operation, selectionSet: { ...operation.selectionSet, selections } };
}

class Adjuster {
  readonly #adjustment: Adjustment;
  /** Its fields run one after another. Null: those of the operation do not. */
  readonly #serialRoot: GraphQLObjectType | null;
  /** A field of it is denied that must not be null: the answer is null as a whole, and later fields do not run. */
  #isOver = false;
  /** Fragments around the current selection that may be left out. */
  #conditions = 0;
  /** Fields around the current selection. */
  #depth = 0;

  constructor(adjustment: Adjustment, serialRoot: GraphQLObjectType | null) {
    this.#adjustment = adjustment;
    this.#serialRoot = serialRoot;
  }

  /** @param possible The possible runtime types. */
  selectionsOf(
    selectionSet: SelectionSetNode,
    type: GraphQLCompositeType,
    possible: readonly GraphQLObjectType[],
  ): SelectionNode[] {
    return selectionSet.selections.flatMap((selection): SelectionNode[] => {
      if (this.#isOver && this.#depth === 0) return [];
      if (selection.kind === Kind.FIELD) return this.#field(selection, type, possible);
      const { fragments, schema } = this.#adjustment;
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
      if (!fragment) return [];
      const condition = fragment.typeCondition;
      const narrowed = condition ? schema.getType(condition.name.value) : type;
      if (!isCompositeType(narrowed)) return [];
      const fits = this.#objectTypes(narrowed);
      const inner = possible.filter((objectType) => fits.includes(objectType));
      const { directives = [] } = selection;
      const conditions = directives.length > 0 ? 1 : 0;
      this.#conditions += conditions;
      const selections = this.selectionsOf(fragment.selectionSet, narrowed, inner);
      this.#conditions -= conditions;
      if (selections.length === 0) return [];
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
    const { checks, denied } = this.#adjustment;
    const guards = possible.map((objectType) => ({
      type: objectType,
      check: checks.ofField(objectType, node),
    }));
    const isDenied = guards.every(({ check }) => check !== undefined && denied.has(check));
    if (isDenied && guards.length > 0) {
      if (this.#endsAnswer(node)) this.#isOver = true;
      return [];
    }
    const added: SelectionNode[] = [];
    if (new Set(guards.map(({ check }) => check)).size > 1) added.push(typename);
    for (const { type: objectType, check } of guards) {
      if (check === undefined || !checks.readsParent(check)) continue;
      const selections = this.#parentSelections(check, objectType);
      if (selections.length === 0) continue;
      added.push(
        objectType === type
          ? underConditionsOf(node, selections)
          : onType(objectType.name, selections, node.directives),
      );
    }
    return [this.#withAdjustedSelections(node, type), ...added];
  }

  #endsAnswer({ name, directives = [] }: FieldNode): boolean {
    if (!this.#serialRoot || this.#depth > 0 || this.#conditions > 0 || directives.length > 0) return false;
    return isNonNullType(this.#serialRoot.getFields()[name.value]?.type);
  }

  #withAdjustedSelections(node: FieldNode, type: GraphQLCompositeType): FieldNode {
    if (!node.selectionSet) return node;
    const declared = fieldType(type, node);
    if (!isCompositeType(declared)) return node;
    const possible = this.#objectTypes(declared);
    this.#depth += 1;
    const selections = this.selectionsOf(node.selectionSet, declared, possible);
    this.#depth -= 1;
    const { checks, denied } = this.#adjustment;
    // A denied field may have been the only selection from which the runtime type follows.
    const needsType =
      isAbstractType(declared) &&
      (denied.size > 0 || possible.some(({ name }) => checks.ofObject(name) !== undefined));
    const adjustedSelections = selections.length === 0 || needsType ? [typename, ...selections] : selections;
    return { ...node, selectionSet: { ...node.selectionSet, selections: adjustedSelections } };
  }

  #parentSelections(check: number, type: GraphQLObjectType): SelectionNode[] {
    const { checks, graphSchema } = this.#adjustment;
    const whole = graphSchema.getType(type.name) ?? type;
    const wanted: WantedFields = new Map();
    for (const { fragments } of checks.guardsOf(check).rules) {
      for (const fragment of fragments) addWanted(wanted, fragmentSelections(fragment).selectionSet);
    }
    const { nodes, fields } = this.#parentFields(wanted, whole, check);
    checks.setParent(check, fields);
    return nodes;
  }

  /** With an alias where the client may select the same field differently, or sees only some of its members. */
  #parentFields(wanted: WantedFields, type: GraphQLNamedType, check: number): ParentSelections {
    const nodes: FieldNode[] = [];
    const fields: ParentField[] = [];
    for (const [value, inner] of wanted) {
      const name = { kind: Kind.NAME, value } as const;
      const isPlain = !inner && argumentsCount(type, value) === 0 && !isEnumList(type, value);
      const alias = `${this.#adjustment.aliasPrefix}_check${check}_${value}`;
      const declared = inner && fieldType(type, { kind: Kind.FIELD, name });
      const below = inner && declared ? this.#parentFields(inner, declared, check) : null;
      const node: FieldNode = {
        kind: Kind.FIELD,
        name,
        ...(isPlain ? {} : { alias: { kind: Kind.NAME, value: alias } }),
        ...(inner ? { selectionSet: { kind: Kind.SELECTION_SET, selections: below?.nodes ?? [] } } : {}),
      };
      nodes.push(node);
      fields.push({
        name: value,
        from: this.#adjustment.nameOf(node),
        fields: inner ? (below?.fields ?? []) : null,
      });
    }
    return { nodes, fields };
  }

  #objectTypes(type: GraphQLCompositeType): readonly GraphQLObjectType[] {
    return isAbstractType(type) ? this.#adjustment.schema.getPossibleTypes(type) : [type];
  }
}

/** What the fragments of all rules of a check select together, by field; null: a leaf. */
type WantedFields = Map<string, WantedFields | null>;

interface ParentSelections {
  readonly nodes: FieldNode[];
  readonly fields: ParentField[];
}

function addWanted(wanted: WantedFields, { selections }: SelectionSetNode): void {
  for (const selection of selections) {
    if (selection.kind !== Kind.FIELD) continue;
    const { value } = selection.name;
    const inner: WantedFields | null = wanted.get(value) ?? (selection.selectionSet ? new Map() : null);
    wanted.set(value, inner);
    if (inner && selection.selectionSet) addWanted(inner, selection.selectionSet);
  }
}

/** The parent's fields are needed only if the guarded field is included. */
function underConditionsOf({ directives = [] }: FieldNode, selections: SelectionNode[]): InlineFragmentNode {
  const selectionSet = { kind: Kind.SELECTION_SET, selections } as const;
  return { kind: Kind.INLINE_FRAGMENT, directives, selectionSet };
}

function fieldType(type: GraphQLNamedType, { name }: FieldNode): GraphQLNamedType | undefined {
  if (!('getFields' in type) || isInputObjectType(type)) return undefined;
  const field = type.getFields()[name.value];
  return field && getNamedType(field.type);
}

/** A contract may leave members of it out (`hiddenMembers: drop`). */
function isEnumList(type: GraphQLNamedType, name: string): boolean {
  if (!('getFields' in type) || isInputObjectType(type)) return false;
  const declared = type.getFields()[name]?.type;
  return (
    declared !== undefined && isListType(getNullableType(declared)) && isEnumType(getNamedType(declared))
  );
}

function argumentsCount(type: GraphQLNamedType, name: string): number {
  if (!('getFields' in type) || isInputObjectType(type)) return 0;
  return type.getFields()[name]?.args.length ?? 0;
}
