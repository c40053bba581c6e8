/**
 * Selects fields with a requirement on the interface of an interface object, not under narrower type conditions. For such
 * a condition the planner may create a plan that depends on itself, and never terminate; or merge what one member requires
 * into a fetch for all members, which then lacks it for the others.
 *
 * The field is fetched for all members instead, and the projection includes it only where the client selected it.
 */

import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isLeafType,
  Kind,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type FieldNode,
  type GraphQLAbstractType,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionNode,
} from 'graphql';

import { fieldsIn, onType, responseName, typename } from '../../shared/selections.ts';
import type { JoinSpec } from '../supergraph/join-spec.ts';

/** Interfaces that are interface objects in some subgraph, with their fields that have a requirement there. */
type HoistableFields = ReadonlyMap<GraphQLInterfaceType, ReadonlySet<string>>;

/** @param operation Without spreads; where it has fields with requirements, also without conditions. */
export function hoisted(
  schema: GraphQLSchema,
  joins: JoinSpec,
  operation: OperationDefinitionNode,
): OperationDefinitionNode {
  const hoistable = hoistableFields(schema, joins);
  if (hoistable.size === 0) return operation;
  const types = new TypeInfo(schema);
  const visitor = visitWithTypeInfo(types, {
    Field: {
      leave(field): FieldNode | undefined {
        const type = getNamedType(types.getType());
        return isAbstractType(type) ? new Hoist(schema, hoistable, type).apply(field) : undefined;
      },
    },
  });
  return visit(operation, visitor);
}

function hoistableFields(schema: GraphQLSchema, joins: JoinSpec): HoistableFields {
  const fieldsByInterface = new Map<GraphQLInterfaceType, ReadonlySet<string>>();
  for (const name of joins.interfaceObjects) {
    const type = schema.getType(name);
    if (!isInterfaceType(type)) continue;
    const names = Object.keys(type.getFields()).filter((field) =>
      joins
        .fieldsOf(name, field)
        .some(({ subgraph, requires }) => requires !== null && !joins.knowsRuntimeTypes(name, subgraph)),
    );
    if (names.length > 0) fieldsByInterface.set(type, new Set(names));
  }
  return fieldsByInterface;
}

/** Hoists within the selection set of one field. */
class Hoist {
  readonly #schema: GraphQLSchema;
  readonly #hoistable: HoistableFields;
  readonly #type: GraphQLAbstractType;
  /** By interface, then response name. */
  readonly #moved = new Map<GraphQLInterfaceType, Map<string, FieldNode>>();
  #allFields: readonly FieldNode[] = [];

  constructor(schema: GraphQLSchema, hoistable: HoistableFields, type: GraphQLAbstractType) {
    this.#schema = schema;
    this.#hoistable = hoistable;
    this.#type = type;
  }

  /** @returns undefined if no field is hoisted. */
  apply(field: FieldNode): FieldNode | undefined {
    if (!field.selectionSet) return undefined;
    this.#allFields = fieldsIn(field.selectionSet.selections);
    const selections = this.#withoutHoisted(field.selectionSet.selections, this.#type, this.#type);
    if (this.#moved.size === 0) return undefined;
    for (const [type, fields] of this.#moved) selections.push(...this.#on(type, [...fields.values()]));
    return { ...field, selectionSet: { ...field.selectionSet, selections } };
  }

  /** @param outer The type that the selections are within but for one type condition. */
  #withoutHoisted(
    selections: readonly SelectionNode[],
    type: GraphQLNamedType | undefined,
    outer: GraphQLNamedType | undefined,
  ): SelectionNode[] {
    return selections.map((selection) => {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition;
        const inner = condition ? this.#schema.getType(condition.name.value) : type;
        const remaining = this.#withoutHoisted(selection.selectionSet.selections, inner, type);
        return { ...selection, selectionSet: { ...selection.selectionSet, selections: remaining } };
      }
      if (selection.kind !== Kind.FIELD) return selection;
      const target = this.#targetOf(selection, type);
      const isInPlace = type === this.#type || (type === target && outer === this.#type);
      if (!target || isInPlace) return selection;
      const moved = this.#moved.get(target) ?? new Map<string, FieldNode>();
      this.#moved.set(target, moved.set(responseName(selection), selection));
      // The runtime type is still needed.
      return typename;
    });
  }

  #targetOf(field: FieldNode, type: GraphQLNamedType | undefined): GraphQLInterfaceType | undefined {
    if (!isCompositeType(type) || !('getInterfaces' in type)) return undefined;
    for (const [target, names] of this.#hoistable) {
      if (!names.has(field.name.value)) continue;
      if (type !== target && !this.#schema.isSubType(target, type)) continue;
      if (this.#hasNoConflict(field, target)) return target;
    }
    return undefined;
  }

  /** Whether `field` on every member cannot conflict with selections on single members. */
  #hasNoConflict(field: FieldNode, target: GraphQLInterfaceType): boolean {
    const others = this.#allFields.filter(
      (other) => other !== field && responseName(other) === responseName(field),
    );
    const declared = getNamedType(target.getFields()[field.name.value]?.type);
    return isLeafType(declared)
      ? others.every((other) => print(other) === print(field))
      : others.length === 0;
  }

  #on(type: GraphQLInterfaceType, fields: readonly FieldNode[]): readonly SelectionNode[] {
    const always =
      type === this.#type || (isInterfaceType(this.#type) && this.#schema.isSubType(type, this.#type));
    if (always) return fields;
    return [onType(type.name, fields)];
  }
}
