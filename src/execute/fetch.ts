/** The part of a fetch that is the same for every request, and how a fetch is sent. */

import type { FetchNode, PathStep } from '../pipeline/prepared.ts';
import { GatewayError } from '../shared/errors.ts';
import type { SubgraphOperation, SubgraphResponse } from '../sources/source.ts';
import { variablesText, type FetchInputs, type Run } from './run.ts';

/** Runs a part of the plan; returns undefined if there is nothing to wait for. Never rejects. */
export type Step = (run: Run) => Promise<void> | undefined;

export interface CompiledFetch {
  readonly node: FetchNode;
  /** Where its result is merged. */
  readonly path: readonly PathStep[];
  readonly operation: SubgraphOperation;
  /** The request body up to its variables. */
  readonly bodyHead: string;
  /** The interface object that this fetch selects: its name must not overwrite a runtime type. */
  readonly interfaceObjectType: string | null;
  /** Equal for the same operation to the same service, also across the parts of a split operation. */
  readonly key: string;
}

export function toCompiledFetch(node: FetchNode, path: readonly PathStep[]): CompiledFetch {
  const { service, operation: query, operationKind: kind, operationName, numbers } = node;
  const name = operationName === null ? '' : `,"operationName":${JSON.stringify(operationName)}`;
  return {
    node,
    path,
    operation: {
      service,
      kind,
      name: operationName ?? undefined,
      query,
      ...(numbers ? { numbers } : {}),
    },
    bodyHead: `{"query":${JSON.stringify(query)}${name},"variables":`,
    interfaceObjectType: interfaceObjectType(node),
    key: `${service}\0${withoutName(query, operationName)}`,
  };
}

function interfaceObjectType({ resolvesTypes, inputRewrites }: FetchNode): string | null {
  if (resolvesTypes.length > 0) return null;
  for (const rewrite of inputRewrites) {
    const last = rewrite.path.at(-1);
    if (rewrite.kind === 'set' && last && 'key' in last && last.key === '__typename')
      return String(rewrite.value);
  }
  return null;
}

/** The planner gives otherwise equal fetches of one operation different names. */
function withoutName(query: string, name: string | null): string {
  return name === null ? query : query.replace(name, '');
}

/** @throws {GatewayError} Always as a rejection, also before anything is sent. */
export async function send(run: Run, fetch: CompiledFetch, inputs: FetchInputs): Promise<SubgraphResponse> {
  const { node, operation, bodyHead } = fetch;
  const subgraph = run.subgraphs.get(node.service);
  if (!subgraph) throw new GatewayError('SERVICE_UNAVAILABLE', 'This service is not configured');
  if (run.context.cancellation.reason) throw run.context.cancellation.reason;
  if (run.state.calls >= run.limits.subgraphCallsMax) {
    const limit = `An operation may make at most ${run.limits.subgraphCallsMax} subgraph calls`;
    throw new GatewayError('TOO_MANY_SUBGRAPH_CALLS', limit);
  }
  run.state.calls += 1;
  const variablesJson = variablesText(run, node.variables, inputs);
  return subgraph.fetch({
    operation,
    variablesJson,
    body: `${bodyHead}${variablesJson}}`,
    context: run.context,
  });
}
