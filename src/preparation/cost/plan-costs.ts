/**
 * What the planned calls to services cost: the selections that each service gets, for entities as many as the lists on the
 * way to them are assumed to hold.
 */

import {
  isCompositeType,
  Kind,
  parse,
  visit,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

import type { CostSpec, CostTerm, ListSize } from '../../pipeline/cost.ts';
import type { FetchNode, PathStep, PlanNode } from '../../pipeline/prepared.ts';
import type { CostRules } from './cost-rules.ts';
import type { InputCosts } from './input-costs.ts';
import type { SizedField } from './list-sizes.ts';
import { operationWeights } from './operation-weights.ts';
import { SelectionCosts, type Place } from './selection-costs.ts';
import type { SharedTerms } from './shared-terms.ts';
import { max, sum, times, when } from './terms.ts';

export interface PlanTerms {
  /** The full schema: services are asked for fields that clients do not see. */
  readonly schema: GraphQLSchema;
  readonly rules: CostRules;
  readonly inputs: InputCosts;
  readonly shared: SharedTerms;
  readonly listSize: number;
}

/** One call for each fetch, however many entities it is for. */
export function plannedCalls(plan: PlanNode | null): CostTerm {
  return ofNodes(plan, () => 1);
}

export function serviceCosts(plan: PlanNode | null, terms: PlanTerms): NonNullable<CostSpec['services']> {
  const fetches = new FetchCosts(terms);
  const costs = new Map<FetchNode, CostTerm>();
  ofNodes(plan, (fetch, path) => {
    costs.set(fetch, fetches.of(fetch, path));
    return 0;
  });
  const services = new Set([...costs.keys()].map(({ service }) => service));
  return [...services].map((service) => ({
    service,
    cost: ofNodes(plan, (fetch) => (fetch.service === service ? (costs.get(fetch) ?? 0) : 0)),
  }));
}

/** What fetches that were costed before said of a path in the merged data. */
interface KnownPlace {
  /** Of the list there; several where it depends on types. */
  readonly sizes: Map<string, ListSize>;
  sized: readonly SizedField[];
}

class FetchCosts {
  readonly #terms: PlanTerms;
  readonly #places = new Map<string, KnownPlace>();

  constructor(terms: PlanTerms) {
    this.#terms = terms;
  }

  /** Fetches come in the order of execution: those that find the entities first. */
  of(fetch: FetchNode, path: readonly PathStep[]): CostTerm {
    const { schema } = this.#terms;
    const prefix = keysOf(path);
    const { fragments, selectionSet } = operationOf(fetch);
    const costs = new SelectionCosts({
      ...this.#terms,
      fragments,
      observer: { place: (place, size) => this.#add(prefix, place, size) },
    });
    if (fetch.requires) {
      const entities = entitiesIn(selectionSet);
      const types = typesIn(entities, schema);
      const { sized = [] } = this.#places.get(textOf(prefix)) ?? {};
      return this.#repeated(path, costs.ofObject(types, entities, { path: '', sized, step: null }));
    }
    const kind = fetch.operationKind;
    const root = kind === 'mutation' ? schema.getMutationType() : schema.getQueryType();
    if (!root) return 0;
    return this.#repeated(path, sum([operationWeights[kind], costs.ofFields(root, selectionSet)]));
  }

  #add(prefix: readonly string[], { path, sized }: Place, size: ListSize): void {
    const key = textOf([...prefix, path]);
    let known = this.#places.get(key);
    if (!known) this.#places.set(key, (known = { sizes: new Map(), sized }));
    known.sizes.set(JSON.stringify(size), size);
    if (known.sized.length === 0) known.sized = sized;
  }

  /** Times the objects that are assumed at this path. */
  #repeated(path: readonly PathStep[], cost: CostTerm): CostTerm {
    const keys: string[] = [];
    let sizes: readonly ListSize[] = [];
    let total = cost;
    for (const step of path) {
      if ('key' in step) {
        keys.push(step.key);
        sizes = [...(this.#places.get(textOf(keys))?.sizes.values() ?? [])];
        continue;
      }
      const assumed = sizes.length > 0 ? sizes : [this.#terms.listSize];
      const once = total;
      total = max(assumed.map((size) => times(size, once)));
      // A list in a list has no size of its own.
      sizes = [];
    }
    return total;
  }
}

function keysOf(path: readonly PathStep[]): string[] {
  return path.flatMap((step) => ('key' in step ? [step.key] : []));
}

function textOf(keys: readonly string[]): string {
  return keys.join('.');
}

interface ServiceOperation {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly selectionSet: SelectionSetNode;
}

/** The operation of a fetch, with the variables of the client. */
function operationOf({ operation, variables }: FetchNode): ServiceOperation {
  const names = new Map(variables.map(({ name, from }) => [name, from]));
  // A variable that is not the client's has no value in the formula: no variable has the empty name.
  const document: DocumentNode = visit(parse(operation), {
    Variable: ({ name, ...node }) => ({ ...node, name: { ...name, value: names.get(name.value) ?? '' } }),
  });
  const fragments = new Map<string, FragmentDefinitionNode>();
  let selectionSet: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [] };
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    else if (definition.kind === Kind.OPERATION_DEFINITION) ({ selectionSet } = definition);
  }
  return { fragments, selectionSet };
}

/** The selections of `_entities`. */
function entitiesIn({ kind, selections }: SelectionSetNode): SelectionSetNode {
  return {
    kind,
    selections: selections.flatMap((selection) =>
      selection.kind === Kind.FIELD ? (selection.selectionSet?.selections ?? []) : [],
    ),
  };
}

function typesIn({ selections }: SelectionSetNode, schema: GraphQLSchema): GraphQLCompositeType[] {
  return selections.flatMap((selection) => {
    const name = selection.kind === Kind.INLINE_FRAGMENT ? selection.typeCondition?.name.value : undefined;
    const type = name === undefined ? undefined : schema.getType(name);
    return isCompositeType(type) ? [type] : [];
  });
}

/** The sum over the fetches of a plan, in the order of execution, under their conditions. */
function ofNodes(
  node: PlanNode | null,
  of: (fetch: FetchNode, path: readonly PathStep[]) => CostTerm,
  path: readonly PathStep[] = [],
): CostTerm {
  switch (node?.kind) {
    case undefined:
      return 0;
    case 'fetch':
      return of(node, path);
    case 'flatten':
      return ofNodes(node.node, of, [...path, ...node.path]);
    case 'sequence':
    case 'parallel':
      return sum(node.nodes.map((child) => ofNodes(child, of, path)));
    case 'split':
      return sum(
        [node.main, ...node.others.map((other) => other.node)].map((part) => ofNodes(part, of, path)),
      );
    case 'condition':
      return sum([
        when([{ yes: [node.variable], no: [] }], ofNodes(node.whenTrue, of, path)),
        when([{ yes: [], no: [node.variable] }], ofNodes(node.whenFalse, of, path)),
      ]);
  }
}
