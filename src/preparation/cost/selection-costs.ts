/**
 * The cost of selections: the weights of fields each time they are executed, and of the objects and values that they
 * return, for a list as many as its assumed size.
 */

import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isLeafType,
  isListType,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

import type { CostTerm, KnownSize, ListSize } from '../../pipeline/cost.ts';
import { costMax } from '../../pipeline/value-cost.ts';
import { responseName } from '../../shared/selections.ts';
import {
  always,
  anyOf,
  clauseText,
  FieldCollector,
  occurrencesOf,
  type Occurrence,
} from '../collect-fields.ts';
import type { CollectedField } from '../field-places.ts';
import { argumentSpecs } from '../protection/argument-spec.ts';
import { wrappersOf } from '../type-wrappers.ts';
import type { CostRules } from './cost-rules.ts';
import type { InputCosts } from './input-costs.ts';
import { fieldSizes, sizesAt, type SizedField } from './list-sizes.ts';
import type { SharedTerms } from './shared-terms.ts';
import { listSize, max, positive, sum, times, when } from './terms.ts';

export interface CostTerms {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly rules: CostRules;
  /** Collects the variables whose values cost something. */
  readonly inputs: InputCosts;
  /** Collects what members of abstract types have in common. */
  readonly shared: SharedTerms;
  /** Assumed size of a list that no directive sizes. */
  readonly listSize: number;
  readonly observer?: CostObserver;
}

/** Hears of the single costs. */
export interface CostObserver {
  /** @param size Of the outermost list that a field returns; 1: no list. Not for leaves. */
  place?(place: Place, size: ListSize): void;
  /** A field that costs something by itself. */
  call?(field: Step, cost: CostTerm): void;
  /** An object, or a value of a leaf type. */
  value?(type: GraphQLNamedType, weight: number): void;
}

/** Where a selection set stands. */
export interface Place {
  /** Response names from the root, separated by dots. Empty: the root. */
  readonly path: string;
  /** Lists below that are sized from above. */
  readonly sized: readonly SizedField[];
  /** The field that it is the selection set of. Null: the root. */
  readonly step: Step | null;
}

/** A field, and the runtime types that it is selected on. One object for all that are equal. */
export interface Step {
  readonly id: number;
  readonly key: string;
  readonly types: readonly GraphQLObjectType[];
  readonly above: Step | null;
}

const root: Place = { path: '', sized: [], step: null };

/** Types on which the same fields cost the same. */
interface MemberGroup {
  readonly types: [GraphQLObjectType, ...GraphQLObjectType[]];
  /** All types with the same selection: what is below it costs the same for them. */
  readonly alike: readonly GraphQLObjectType[];
  readonly collected: readonly CollectedField[];
}

interface MergedField extends Pick<MemberGroup, 'types' | 'alike'> {
  readonly nodes: readonly CollectedField[];
}

export class SelectionCosts {
  readonly #terms: CostTerms;
  readonly #collector: FieldCollector;
  readonly #steps = new Map<string, Step>();
  /** Of lists of types. */
  readonly #numbers = new WeakMap<Step['types'], number>();
  readonly #numbersByName = new Map<string, number>();
  /** Of one object, by the step to it and the sizes of lists below: for members that have it in common. */
  readonly #common = new Map<string, CostTerm>();

  constructor(terms: CostTerms) {
    this.#terms = terms;
    this.#collector = new FieldCollector(terms.schema, terms.fragments);
  }

  /** Of the fields of the root, without the root itself. */
  ofFields(type: GraphQLObjectType, selectionSet: SelectionSetNode): CostTerm {
    const collected = this.#collector.collect(type, [{ selectionSet, clause: always }]);
    return this.#fields({ types: [type], alike: [type], collected }, root);
  }

  /** Of one object of any of these types, with the fields that are selected on it. */
  ofObject(types: readonly GraphQLCompositeType[], selectionSet: SelectionSetNode, place: Place): CostTerm {
    const occurrences = [{ selectionSet, clause: always }];
    return max(types.map((type) => this.#object(type, occurrences, place)));
  }

  /** For an abstract type, of its dearest member. */
  #object(type: GraphQLCompositeType, occurrences: readonly Occurrence[], place: Place): CostTerm {
    return max(
      this.#groups(type, occurrences).map((group) =>
        sum([this.#value(group.types[0]), this.#fields(group, place)]),
      ),
    );
  }

  /** Worked out once for all members with this selection: for each by itself it would double with each level. */
  #commonObject(type: GraphQLCompositeType, occurrences: readonly Occurrence[], place: Place): CostTerm {
    const key = `${place.step?.id} ${JSON.stringify(place.sized)}`;
    let term = this.#common.get(key);
    if (term === undefined)
      this.#common.set(key, (term = this.#terms.shared.add(this.#object(type, occurrences, place))));
    return term;
  }

  #groups(type: GraphQLCompositeType, occurrences: readonly Occurrence[]): MemberGroup[] {
    if (!isAbstractType(type))
      return [{ types: [type], alike: [type], collected: this.#collector.collect(type, occurrences) }];
    const { rules, schema } = this.#terms;
    // An interface object may come under the name of its interface.
    this.#value(type);
    const groups = new Map<string, MemberGroup>();
    const selections = new Map<string, GraphQLObjectType[]>();
    for (const member of schema.getPossibleTypes(type)) {
      const collected = this.#collector.collect(member, occurrences);
      const selection = selectionKey(member, collected);
      const alike = selections.get(selection) ?? [];
      alike.push(member);
      selections.set(selection, alike);
      const key = `${rules.isSpecial(member) ? member.name : ''} ${selection}`;
      const group = groups.get(key);
      if (group) group.types.push(member);
      else groups.set(key, { types: [member], alike, collected });
    }
    return [...groups.values()];
  }

  #value(type: GraphQLNamedType): number {
    const { rules, observer } = this.#terms;
    const weight = rules.typeWeight(type);
    observer?.value?.(type, weight);
    return weight;
  }

  #fields({ types, alike, collected }: MemberGroup, place: Place): CostTerm {
    const byKey = new Map<string, CollectedField[]>();
    for (const field of collected) {
      // `__typename` and introspection cost nothing.
      if (field.node.name.value.startsWith('__')) continue;
      const key = responseName(field.node);
      const nodes = byKey.get(key);
      if (nodes) nodes.push(field);
      else byKey.set(key, [field]);
    }
    return sum(
      [...byKey].map(([key, nodes]) =>
        this.#areFree(types[0], nodes)
          ? 0
          : when(
              anyOf(nodes.map(({ clause }) => clause)),
              this.#field({ types, alike, nodes }, this.#within(place, key, alike)),
            ),
      ),
    );
  }

  /** Most fields are: finding that out takes less than their cost. */
  #areFree(type: GraphQLObjectType, nodes: readonly CollectedField[]): boolean {
    const name = nodes[0]?.node.name.value ?? '';
    const declared = type.getFields()[name];
    return (
      nodes.every(({ node }) => !node.directives?.length) &&
      declared !== undefined &&
      this.#terms.rules.isFree(type.name, name, getNamedType(declared.type))
    );
  }

  /** @param place Of what the field returns, with the sizes that hold for the field itself. */
  #field({ types, alike, nodes }: MergedField, { path, sized, step }: Place): CostTerm {
    const { rules, observer } = this.#terms;
    const [type] = types;
    const { node } = nodes[0] as CollectedField;
    const name = node.name.value;
    const declared = type.getFields()[name];
    // Only in what a service is asked for: it may have members of an interface that others do not know.
    if (!declared) return 0;
    const values = argumentSpecs(rules.argumentsOf(type.name, name), node);
    const sizes = fieldSizes(rules.listSizes(type.name, name), values);
    const above = sizesAt(sized, name);
    const below = { path, sized: [...above.below, ...sizes.below], step };
    const named = getNamedType(declared.type);
    const size = isList(declared.type) ? this.#size([above.own, sizes.own]) : 1;
    if (!isLeafType(named)) observer?.place?.(below, size);
    let each: CostTerm;
    if (isLeafType(named)) each = this.#value(named);
    else if (types.length === alike.length) each = this.#object(named, occurrencesOf(nodes), below);
    else each = this.#commonObject(named, occurrencesOf(nodes), below);
    const call = this.#call(type, nodes, values);
    if (call !== 0 && step) observer?.call?.(this.#step(step.above, step.key, types), call);
    return sum([call, times(size, this.#inner(declared.type, each))]);
  }

  #within({ path, sized, step }: Place, key: string, types: Step['types']): Place {
    return { path: path === '' ? key : `${path}.${key}`, sized, step: this.#step(step, key, types) };
  }

  #step(above: Step | null, key: string, types: Step['types']): Step {
    const name = `${above?.id} ${key} ${this.#numberOf(types)}`;
    let step = this.#steps.get(name);
    if (!step) this.#steps.set(name, (step = { id: this.#steps.size, key, types, above }));
    return step;
  }

  /** The same for equal lists: a list may be as long as the graph has types. */
  #numberOf(types: Step['types']): number {
    let number = this.#numbers.get(types);
    if (number === undefined) {
      const names = types.map(({ name }) => name).join();
      number = this.#numbersByName.get(names) ?? this.#numbersByName.size;
      this.#numbersByName.set(names, number);
      this.#numbers.set(types, number);
    }
    return number;
  }

  /** A field once, without what it returns. */
  #call(
    type: GraphQLObjectType,
    nodes: readonly CollectedField[],
    values: ReturnType<typeof argumentSpecs>,
  ): CostTerm {
    const { rules, inputs } = this.#terms;
    const { node } = nodes[0] as CollectedField;
    const name = node.name.value;
    const total = sum([
      rules.fieldWeight(type.name, name),
      inputs.ofArguments(rules.argumentsOf(type.name, name), values, (argument) =>
        rules.argumentWeight(type.name, name, argument),
      ),
      // Nodes of one field may have different directives: the dearest count.
      max(nodes.map((one) => this.#directives(one.node))),
    ]);
    return positive(total, !rules.hasNegative);
  }

  #directives({ directives = [] }: FieldNode): CostTerm {
    const { schema, rules, inputs } = this.#terms;
    return sum(
      directives.map((node) => {
        const directive = schema.getDirective(node.name.value);
        if (!directive) return 0;
        return inputs.ofArguments(directive.args, argumentSpecs(directive.args, node), (argument) =>
          rules.directiveArgumentWeight(directive, argument),
        );
      }),
    );
  }

  /** @param known What directives say of a list, the first that knows it. */
  #size(known: ReadonlyArray<readonly KnownSize[]>): ListSize {
    return known.reduceRight<ListSize>(
      (otherwise, sizes) => listSize(sizes, otherwise),
      this.#terms.listSize,
    );
  }

  /** An element of the outermost list, which may be a list. */
  #inner(type: GraphQLOutputType, each: CostTerm): CostTerm {
    const depth = wrappersOf(type).replaceAll('!', '').length;
    return depth < 2 ? each : times(Math.min(costMax, this.#terms.listSize ** (depth - 1)), each);
  }
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(getNullableType(type));
}

/** Equal for types on which the same nodes have the same types and conditions. */
function selectionKey(type: GraphQLObjectType, collected: readonly CollectedField[]): string {
  const fields = type.getFields();
  return collected
    .map(
      ({ node, clause }) =>
        `${node.loc?.start}:${String(fields[node.name.value]?.type)}:${clauseText(clause)}`,
    )
    .join();
}
