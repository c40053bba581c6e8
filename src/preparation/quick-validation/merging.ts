/**
 * Whether the fields of an operation can be merged, where each response name of a selection set is one field with the same
 * arguments and the same type on whatever types of objects. The rule of GraphQL allows more.
 */

import {
  getNamedType,
  isCompositeType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

import { responseName } from '../../shared/selections.ts';
import { fieldSignature } from '../field-call.ts';
import { fieldOf } from './field-of.ts';

interface Terms {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

/** Fields that are looked at, each wherever its selection set is merged. */
const visitsMax = 20_000;

/** @param selectionSet Of fields that exist, and fragments that are no cycle. */
export function surelyMerges(
  selectionSet: SelectionSetNode,
  parent: GraphQLCompositeType,
  terms: Terms,
): boolean {
  return new Merging(terms).merges([{ selectionSet, parent }]);
}

interface Occurrence {
  readonly selectionSet: SelectionSetNode;
  readonly parent: GraphQLCompositeType;
}

/** The fields of one response name. */
interface MergedField {
  readonly node: FieldNode;
  readonly type: GraphQLOutputType;
  readonly below: Occurrence[];
}

class Merging {
  readonly #terms: Terms;
  /** Selection sets that are merged with no other. */
  readonly #single = new Set<SelectionSetNode>();
  #visits = 0;

  constructor(terms: Terms) {
    this.#terms = terms;
  }

  merges(occurrences: readonly Occurrence[]): boolean {
    const [first] = occurrences;
    if (first && occurrences.length === 1) {
      if (this.#single.has(first.selectionSet)) return true;
      this.#single.add(first.selectionSet);
    }
    const fields = new Map<string, MergedField>();
    const spread = new Set<string>();
    return (
      occurrences.every((occurrence) => this.#collect(occurrence, fields, spread)) &&
      [...fields.values()].every(({ below }) => below.length === 0 || this.merges(below))
    );
  }

  #collect(
    { selectionSet, parent }: Occurrence,
    fields: Map<string, MergedField>,
    spread: Set<string>,
  ): boolean {
    return selectionSet.selections.every((selection) => {
      if (selection.kind === Kind.FIELD) return this.#add(selection, parent, fields);
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        if (spread.has(selection.name.value)) return true;
        spread.add(selection.name.value);
      }
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? this.#terms.fragments.get(selection.name.value) : selection;
      if (!fragment) return false;
      const condition = fragment.typeCondition?.name.value;
      const type = condition === undefined ? parent : this.#terms.schema.getType(condition);
      return (
        isCompositeType(type) &&
        this.#collect({ selectionSet: fragment.selectionSet, parent: type }, fields, spread)
      );
    });
  }

  #add(node: FieldNode, parent: GraphQLCompositeType, fields: Map<string, MergedField>): boolean {
    const type = fieldOf(parent, node.name.value)?.type;
    this.#visits += 1;
    if (!type || this.#visits > visitsMax) return false;
    const name = responseName(node);
    let field = fields.get(name);
    if (!field) fields.set(name, (field = { node, type, below: [] }));
    else if (field.type !== type && String(field.type) !== String(type)) return false;
    else if (!isSameCall(field.node, node)) return false;
    const named = getNamedType(type);
    if (node.selectionSet && isCompositeType(named))
      field.below.push({ selectionSet: node.selectionSet, parent: named });
    return true;
  }
}

function isSameCall(one: FieldNode, other: FieldNode): boolean {
  if (!one.arguments?.length && !other.arguments?.length) return one.name.value === other.name.value;
  return fieldSignature(one) === fieldSignature(other);
}
