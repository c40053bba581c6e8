/** A graph whose operations are prepared as in a planner worker, and whose costs are evaluated as on the main thread. */

import type { GraphQLSchema } from 'graphql';

import { estimateCost } from '../../src/operation/cost/estimate.ts';
import { slicingErrors } from '../../src/operation/cost/slicing.ts';
import { variableCoercion } from '../../src/operation/variables.ts';
import type { CoercedVariables } from '../../src/pipeline/answer.ts';
import type { Contract } from '../../src/pipeline/contract.ts';
import type { PreparedOperation } from '../../src/pipeline/prepared.ts';
import { composeOrThrow } from '../../src/preparation/composition/compose.ts';
import { costDefaults, type CostOptions } from '../../src/preparation/cost/operation-cost.ts';
import { prepare } from '../../src/preparation/prepare.ts';
import { loadSupergraph, type LoadedSupergraph } from '../../src/preparation/supergraph/supergraph.ts';

type Values = Readonly<Record<string, unknown>>;

export interface CostedGraph {
  readonly supergraph: LoadedSupergraph;
  /** Prepared, and sent to the main thread. */
  prepare(query: string, variables?: Values): { prepared: PreparedOperation; variables: CoercedVariables };
  /** Of an operation, or why it is refused. */
  costOf(query: string, variables?: Values): number | string;
}

/** @param subgraphs SDL by name, without a link. */
export function costedGraph(
  subgraphs: Readonly<Record<string, string>>,
  cost?: Partial<CostOptions>,
): CostedGraph {
  return costedSupergraph(loadSupergraph(composedOf(subgraphs)), cost);
}

/** @param links Further links of each subgraph. */
export function composedOf(subgraphs: Readonly<Record<string, string>>, links = ''): string {
  const imports =
    '["@key", "@shareable", "@requires", "@external", "@composeDirective", "@tag", "@inaccessible", "@cost", "@listSize"]';
  return composeOrThrow(
    Object.entries(subgraphs).map(([name, text]) => ({
      name,
      url: `http://127.0.0.1/${name}`,
      file: name,
      sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.14", import: ${imports}) ${links}\n${text}`,
    })),
  );
}

/** @param view What the client sees. Default: everything. */
export function costedSupergraph(
  supergraph: LoadedSupergraph,
  cost?: Partial<CostOptions>,
  view?: { readonly contract: Contract; readonly clientSchema: GraphQLSchema },
): CostedGraph {
  const options = {
    tokensMax: 100_000,
    suggestions: true,
    cost: { ...costDefaults, ...cost },
    ...(view ? { clientSchema: view.clientSchema } : {}),
  };
  const contract = view ? { contract: view.contract } : {};
  const prepareOne: CostedGraph['prepare'] = (query, values = {}) => {
    let result = prepare(supergraph, { query, operationName: null, ...contract }, options);
    if ('conditional' in result) {
      const known = coerced(result.conditional, values);
      const conditions = result.conditional.conditionVariables.filter((name) => known.get(name) === true);
      result = prepare(supergraph, { query, operationName: null, conditions, ...contract }, options);
    }
    if ('refused' in result)
      throw new Refused(result.refused.errors.map(({ message }) => message).join('\n'));
    if (!('prepared' in result)) throw new Error('An operation stays conditional');
    const prepared = JSON.parse(JSON.stringify(result.prepared)) as PreparedOperation;
    return { prepared, variables: coerced(prepared, values) };
  };
  return {
    supergraph,
    prepare: prepareOne,
    costOf(query, values) {
      try {
        const { prepared, variables } = prepareOne(query, values);
        const [error] = slicingErrors(prepared.slicing ?? [], variables);
        return error ? error.message : estimateCost(prepared.cost, variables);
      } catch (error) {
        if (error instanceof Refused) return error.message;
        throw error;
      }
    },
  };
}

class Refused extends Error {}

function coerced(spec: Parameters<typeof variableCoercion>[0], values: Values): CoercedVariables {
  const coercion = variableCoercion(spec)(values);
  if ('errors' in coercion) throw new Error(coercion.errors.map(({ message }) => message).join('\n'));
  return coercion.variables;
}
