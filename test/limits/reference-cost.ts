/**
 * The cost of an operation by the documentation, evaluated over the syntax tree with the values of one request: no
 * formula, no folding, coercion by graphql-js. Also makes answers within the assumed sizes, and counts what they cost.
 */
import {
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  getNullableType,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isAbstractType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  Kind,
  typeFromAST,
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

import { emptyRecord } from '../../src/shared/records.ts';
import type { Rules, SizeRule } from './random-rules.ts';

export interface ReferenceTerms {
  readonly schema: GraphQLSchema;
  readonly rules: Rules;
  readonly listSize: number;
  readonly document: DocumentNode;
  /** Coerced by graphql-js. */
  readonly variables: Parameters<typeof getArgumentValues>[2];
}

/** A list below, and the size that a field above gives it. */
interface Sized {
  readonly path: readonly string[];
  readonly size: number | undefined;
}

export interface RandomAnswer {
  readonly data: Record<string, unknown>;
  readonly cost: number;
  /** Whether every object of an abstract type says which it is. */
  readonly isTyped: boolean;
}

export class ReferenceCost {
  readonly #terms: ReferenceTerms;
  readonly #operation: OperationDefinitionNode;
  readonly #root: GraphQLObjectType;

  constructor(terms: ReferenceTerms) {
    this.#terms = terms;
    this.#operation = terms.document.definitions.find(
      (one) => one.kind === Kind.OPERATION_DEFINITION,
    ) as OperationDefinitionNode;
    this.#root = terms.schema.getRootType(this.#operation.operation) as GraphQLObjectType;
  }

  estimate(): number {
    return this.#base() + this.#ofFields(this.#root, [this.#operation.selectionSet], []);
  }

  /** An answer in which no list is longer than it is assumed. */
  answer(random: () => number): RandomAnswer {
    const maker = { random, left: 300, cost: this.#base(), isTyped: true };
    const data = this.#object(this.#root, [this.#operation.selectionSet], [], maker);
    return { data, cost: maker.cost, isTyped: maker.isTyped };
  }

  #base(): number {
    return this.#operation.operation === 'mutation' ? 10 : 0;
  }

  #ofFields(type: GraphQLObjectType, sets: readonly SelectionSetNode[], sized: readonly Sized[]): number {
    let total = 0;
    for (const nodes of this.#collected(type, sets).values()) {
      const { call, size, below, returns } = this.#field(type, nodes, sized);
      const named = getNamedType(returns);
      const inner = isLeafType(named)
        ? this.#typeWeight(named)
        : this.#ofObject(named as GraphQLCompositeType, setsOf(nodes), below);
      total += call + size * this.#terms.listSize ** Math.max(0, depthOf(returns) - 1) * inner;
    }
    return total;
  }

  #ofObject(type: GraphQLCompositeType, sets: readonly SelectionSetNode[], sized: readonly Sized[]): number {
    const members = isAbstractType(type) ? this.#terms.schema.getPossibleTypes(type) : [type];
    return Math.max(
      0,
      ...members.map((member) => this.#typeWeight(member) + this.#ofFields(member, sets, sized)),
    );
  }

  /** What one field costs by itself, how long its list is assumed to be, and what it says of lists below. */
  #field(type: GraphQLObjectType, nodes: readonly FieldNode[], sized: readonly Sized[]) {
    const [node] = nodes as [FieldNode];
    const name = node.name.value;
    const field = type.getFields()[name];
    if (!field) throw new Error(`No field ${type.name}.${name}`);
    const { weights } = this.#terms.rules;
    const values = getArgumentValues(field, node, this.#terms.variables) as Record<string, unknown>;
    let call = weights.get(`${type.name}.${name}`) ?? 0;
    for (const argument of field.args) {
      const weight = this.#argumentWeight(type, name, argument.name);
      call += this.#ofInput(values[argument.name], argument.type, weight);
    }
    call += Math.max(...nodes.map((one) => this.#ofDirectives(one)));
    const rules = this.#sizeRules(type, name).map((rule) => ({ rule, size: sizeBy(rule, values) }));
    const above = sized.filter(({ path }) => path[0] === name);
    const size =
      largest(above.filter(({ path }) => path.length === 1).map((one) => one.size)) ??
      largest(rules.filter(({ rule }) => rule.sizedFields.length === 0).map((one) => one.size)) ??
      this.#terms.listSize;
    return {
      call: Math.max(0, call),
      size: depthOf(field.type) === 0 ? 1 : Math.max(0, size),
      below: [
        ...above.filter(({ path }) => path.length > 1).map((one) => ({ ...one, path: one.path.slice(1) })),
        ...rules.flatMap((one) =>
          one.rule.sizedFields.map((text) => ({ path: text.match(/\w+/g) ?? [], size: one.size })),
        ),
      ],
      returns: field.type,
    };
  }

  #argumentWeight(type: GraphQLObjectType, field: string, argument: string): number | undefined {
    const { weights } = this.#terms.rules;
    const own = weights.get(`${type.name}.${field}(${argument}:)`);
    if (own !== undefined) return own;
    return largest(type.getInterfaces().map((one) => weights.get(`${one.name}.${field}(${argument}:)`)));
  }

  #sizeRules(type: GraphQLObjectType, field: string): readonly SizeRule[] {
    const { listSizes } = this.#terms.rules;
    const own = listSizes.get(`${type.name}.${field}`);
    return own ?? type.getInterfaces().flatMap((one) => listSizes.get(`${one.name}.${field}`) ?? []);
  }

  #ofDirectives({ directives = [] }: FieldNode): number {
    const { rules, schema, variables } = this.#terms;
    let total = 0;
    for (const node of directives) {
      const directive = schema.getDirective(node.name.value);
      if (!directive) continue;
      const values = getArgumentValues(directive, node, variables) as Record<string, unknown>;
      for (const argument of directive.args)
        total += this.#ofInput(
          values[argument.name],
          argument.type,
          rules.weights.get(`@${directive.name}(${argument.name}:)`),
        );
    }
    return total;
  }

  #ofInput(value: unknown, type: GraphQLInputType, weight: number | undefined): number {
    if (value === undefined || value === null) return 0;
    return (weight ?? 0) + this.#ofElements(value, type, weight === undefined);
  }

  #ofElements(value: unknown, type: GraphQLInputType, isWeighed: boolean): number {
    if (value === null) return 0;
    if (isNonNullType(type)) return this.#ofElements(value, type.ofType, isWeighed);
    if (isListType(type))
      return (value as unknown[]).reduce<number>(
        (total, one) => total + this.#ofElements(one, type.ofType, isWeighed),
        0,
      );
    let total = isWeighed ? this.#typeWeight(type) : 0;
    if (!isInputObjectType(type)) return total;
    for (const field of Object.values(type.getFields())) {
      const weight = this.#terms.rules.weights.get(`${type.name}.${field.name}`);
      total += this.#ofInput((value as Record<string, unknown>)[field.name], field.type, weight);
    }
    return total;
  }

  #typeWeight(type: GraphQLNamedType): number {
    return Math.max(0, this.#terms.rules.weights.get(type.name) ?? (isLeafType(type) ? 0 : 1));
  }

  #collected(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Map<string, FieldNode[]> {
    const byKey = new Map<string, FieldNode[]>();
    const add = (set: SelectionSetNode): void => {
      for (const selection of set.selections) {
        if (!this.#isIncluded(selection)) continue;
        if (selection.kind === Kind.FIELD) {
          if (selection.name.value.startsWith('__')) continue;
          const key = (selection.alias ?? selection.name).value;
          byKey.set(key, [...(byKey.get(key) ?? []), selection]);
          continue;
        }
        const fragment =
          selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragment(selection.name.value);
        if (this.#applies(fragment, type)) add(fragment.selectionSet);
      }
    };
    sets.forEach(add);
    return byKey;
  }

  #isIncluded(node: Parameters<typeof getDirectiveValues>[1]): boolean {
    const { variables } = this.#terms;
    if (getDirectiveValues(GraphQLSkipDirective, node, variables)?.['if'] === true) return false;
    return getDirectiveValues(GraphQLIncludeDirective, node, variables)?.['if'] !== false;
  }

  #fragment(name: string) {
    const found = this.#terms.document.definitions.find(
      (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === name,
    );
    if (found?.kind !== Kind.FRAGMENT_DEFINITION) throw new Error(`No fragment ${name}`);
    return found;
  }

  #applies(
    { typeCondition }: { readonly typeCondition?: Parameters<typeof typeFromAST>[1] | undefined },
    type: GraphQLObjectType,
  ): boolean {
    if (!typeCondition) return true;
    const condition = typeFromAST(this.#terms.schema, typeCondition);
    return condition === type || (isAbstractType(condition) && this.#terms.schema.isSubType(condition, type));
  }

  #object(
    type: GraphQLObjectType,
    sets: readonly SelectionSetNode[],
    sized: readonly Sized[],
    maker: Maker,
  ): Record<string, unknown> {
    const data = emptyRecord();
    for (const [key, nodes] of this.#typenames(type, sets)) if (nodes) data[key] = type.name;
    for (const [key, nodes] of this.#collected(type, sets)) {
      const { call, size, below, returns } = this.#field(type, nodes, sized);
      maker.cost += call;
      data[key] = this.#value(returns, [size, nodes, below], maker);
    }
    return data;
  }

  #value(
    declared: GraphQLOutputType,
    [size, nodes, below]: [number, readonly FieldNode[], readonly Sized[]],
    maker: Maker,
  ): unknown {
    const type = getNullableType(declared);
    if (maker.random() < 0.1 || maker.left <= 0) return null;
    if (isListType(type)) {
      const length = Math.floor(maker.random() * (size + 1));
      const inner: [number, readonly FieldNode[], readonly Sized[]] = [this.#terms.listSize, nodes, below];
      return Array.from({ length }, () => this.#value(type.ofType, inner, maker));
    }
    maker.left -= 1;
    if (isLeafType(type)) {
      maker.cost += this.#typeWeight(type);
      return 'leaf';
    }
    const members = isAbstractType(type) ? this.#terms.schema.getPossibleTypes(type) : [type];
    const member = members[Math.floor(maker.random() * members.length)];
    if (!member) return null;
    maker.cost += this.#typeWeight(member);
    const sets = setsOf(nodes);
    if (isAbstractType(type) && this.#typenames(member, sets).length === 0) maker.isTyped = false;
    return this.#object(member, sets, below, maker);
  }

  /** Response names of `__typename`. */
  #typenames(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Array<[string, true]> {
    const names = new Set<string>();
    const add = (set: SelectionSetNode): void => {
      for (const selection of set.selections) {
        if (!this.#isIncluded(selection)) continue;
        if (selection.kind === Kind.FIELD) {
          if (selection.name.value === '__typename') names.add((selection.alias ?? selection.name).value);
          continue;
        }
        const fragment =
          selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragment(selection.name.value);
        if (this.#applies(fragment, type)) add(fragment.selectionSet);
      }
    };
    sets.forEach(add);
    return [...names].map((name) => [name, true]);
  }
}

interface Maker {
  readonly random: () => number;
  /** Values that the answer may still have. */
  left: number;
  cost: number;
  isTyped: boolean;
}

function setsOf(nodes: readonly FieldNode[]): SelectionSetNode[] {
  return nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
}

function depthOf(type: GraphQLOutputType): number {
  const inner = getNullableType(type);
  return isListType(inner) ? 1 + depthOf(inner.ofType) : 0;
}

function sizeBy(
  { slicingArguments, assumedSize }: SizeRule,
  values: Record<string, unknown>,
): number | undefined {
  const sizes = slicingArguments.map((path) => {
    let value: unknown = values;
    for (const name of path.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[name];
    return Array.isArray(value) ? value.length : typeof value === 'number' ? value : undefined;
  });
  return largest(sizes) ?? assumedSize ?? undefined;
}

function largest(values: ReadonlyArray<number | undefined>): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
