/**
 * Which fields of an operation must not be planned together, because they require one field with different arguments (see
 * `required-arguments.ts`): each belongs to a part of the operation, and no two of one part conflict.
 */

import {
  doTypesOverlap,
  getNamedType,
  isCompositeType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';

import { GatewayError } from '../../shared/errors.ts';
import { contradict, type Need, type RequiredArguments } from '../supergraph/required-arguments.ts';
import type { InternalName } from './renaming.ts';

/** Of each field with a requirement. Other fields belong to the part of the field that they are in, from 0 on. */
export type Parts = ReadonlyMap<FieldNode, number>;

export interface ConflictContext {
  readonly schema: GraphQLSchema;
  readonly required: RequiredArguments;
  readonly nameOf: InternalName;
}

/** A field with a requirement, at its place in the operation. */
interface Demand {
  /** Selected there more than once, in fragments. */
  readonly nodes: FieldNode[];
  readonly parent: GraphQLCompositeType;
  /** Response names, with its own: `.accounts.score`. */
  readonly path: string;
  /** Fields with requirements that it is below. */
  readonly ancestors: readonly Demand[];
  readonly depth: number;
  /** With their paths in the operation. */
  readonly needs: readonly Need[];
}

/**
 * Greedy colouring, outer fields first: each demand gets the first part in which it, and the fields around it, conflict
 * with nothing.
 *
 * @param operation Without spreads.
 * @throws {GatewayError} `OPERATION_NOT_SUPPORTED` where no parts would do.
 */
export function partsOf(operation: OperationDefinitionNode, context: ConflictContext): Parts {
  const demands = demandsIn(operation, context).toSorted((a, b) => a.depth - b.depth);
  const partNumbers = new Map<Demand, number>();
  const parts: Part[] = [];
  const instances = Map.groupBy(demands, ({ path }) => path);
  for (const demand of demands) {
    refuseContradiction(demand);
    const same = (instances.get(demand.path) ?? []).find(
      (other) => partNumbers.has(other) && doTypesOverlap(context.schema, other.parent, demand.parent),
    );
    const number = (same && partNumbers.get(same)) ?? firstFree(demand, parts);
    const part = (parts[number] ??= new Part());
    if (part.conflictsWith(demand)) throw unsupported(demand, 'others');
    part.add(demand);
    partNumbers.set(demand, number);
  }
  return new Map(
    [...partNumbers].flatMap(([{ nodes }, number]) =>
      nodes.map((node): [FieldNode, number] => [node, number]),
    ),
  );
}

function firstFree(demand: Demand, parts: readonly Part[]): number {
  const free = parts.findIndex((part) => !part.conflictsWith(demand));
  return free === -1 ? parts.length : free;
}

/** The fields of an operation that are planned together, with what they require. */
class Part {
  readonly #demands = new Set<Demand>();
  readonly #needs = new Map<string, { readonly need: Need; readonly demand: Demand }[]>();

  conflictsWith(demand: Demand): boolean {
    return withAncestors(demand).some((one) =>
      one.needs.some((need) =>
        (this.#needs.get(need.path) ?? []).some((other) =>
          contradict(need, other.need, other.demand.path === one.path),
        ),
      ),
    );
  }

  /** The fields above it are fetched with it. */
  add(demand: Demand): void {
    for (const one of withAncestors(demand)) {
      if (this.#demands.has(one)) continue;
      this.#demands.add(one);
      for (const need of one.needs) {
        const needs = this.#needs.get(need.path) ?? [];
        this.#needs.set(need.path, needs);
        needs.push({ need, demand: one });
      }
    }
  }
}

/** From the outermost on: a document with the field has those around it, too. */
function withAncestors(demand: Demand): readonly Demand[] {
  return [...demand.ancestors, demand];
}

/** One requirement of the field may contradict itself, as may those of the fields that it is below. */
function refuseContradiction(demand: Demand): void {
  for (const one of withAncestors(demand)) {
    for (const need of demand.needs) {
      if (one.needs.some((other) => contradict(need, other, one === demand)))
        throw unsupported(demand, one === demand ? 'itself' : 'others');
    }
  }
}

function unsupported({ parent, nodes }: Demand, around: 'itself' | 'others'): GatewayError {
  const field = `${parent.name}.${nodes[0]?.name.value ?? ''}`;
  const message =
    around === 'itself'
      ? `Field "${field}" requires one field with different arguments at the same place, which cannot be planned`
      : `Field "${field}" and a field around it require one field with different arguments: select them in separate operations`;
  return new GatewayError('OPERATION_NOT_SUPPORTED', message);
}

function demandsIn(
  operation: OperationDefinitionNode,
  { schema, required, nameOf }: ConflictContext,
): Demand[] {
  /** By path, type, and the field with a requirement that it is below. */
  const demands = new Map<string, Demand>();
  const ids = new Map<Demand | undefined, number>();
  const line: Array<{ readonly path: string; readonly demand: Demand | undefined }> = [];
  const types = new TypeInfo(schema);
  const demandAt = (node: FieldNode, objectPath: string, path: string): Demand | undefined => {
    const parent = getNamedType(types.getParentType());
    if (!isCompositeType(parent)) return undefined;
    const ancestors = line.flatMap((one) => one.demand ?? []);
    const key = `${path} ${parent.name} ${ids.get(ancestors.at(-1)) ?? ''}`;
    const earlier = demands.get(key);
    if (earlier) {
      earlier.nodes.push(node);
      return earlier;
    }
    const needs = required.needsOf(parent, node.name.value);
    if (needs.length === 0) return undefined;
    const placed = needs.map((need) => ({ ...need, path: `${objectPath}${need.path}` }));
    const demand = { nodes: [node], parent, path, ancestors, depth: line.length, needs: placed };
    ids.set(demand, demands.size);
    demands.set(key, demand);
    return demand;
  };
  const collect = visitWithTypeInfo(types, {
    Field: {
      enter(node) {
        const objectPath = line.at(-1)?.path ?? '';
        const path = `${objectPath}.${nameOf(node)}`;
        line.push({ path, demand: demandAt(node, objectPath, path) });
      },
      leave: () => void line.pop(),
    },
  });
  visit(operation, collect);
  return [...demands.values()];
}
