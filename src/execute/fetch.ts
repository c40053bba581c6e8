/** One fetch of a plan, compiled: what of it no request changes, and how it is sent. */

import type { FetchNode, PathStep } from '../pipeline/prepared.ts';
import { GatewayError } from '../shared/errors.ts';
import type { SubgraphOperation, SubgraphResponse } from '../sources/source.ts';
import { variablesText, type Run } from './run.ts';

/** Runs a part of the plan; undefined when there was nothing to wait for. Never rejects. */
export type Step = (run: Run) => Promise<void> | undefined;

export interface CompiledFetch {
  readonly node: FetchNode;
  /** Where its result is merged. */
  readonly path: readonly PathStep[];
  readonly operation: SubgraphOperation;
  /** The request body up to its variables. */
  readonly bodyHead: string;
  /** The interface object this fetch asks for: its name must not take the place of a runtime type. */
  readonly givenType: string | null;
  /** Equal for fetches that ask one service for the same; whose plan they belong to does not matter. */
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
    givenType: givenType(node),
    key: `${service}\0${withoutName(query, operationName)}`,
  };
}

function givenType({ resolvesTypes, inputRewrites }: FetchNode): string | null {
  if (resolvesTypes.length > 0) return null;
  for (const rewrite of inputRewrites) {
    const last = rewrite.path.at(-1);
    if (rewrite.kind === 'set' && last && 'key' in last && last.key === '__typename')
      return String(rewrite.value);
  }
  return null;
}

/** The name differs between two fetches of one operation that are otherwise the same. */
function withoutName(query: string, name: string | null): string {
  return name === null ? query : query.replace(name, '');
}

/**
 * @param representations JSON text of the list, on entity fetches.
 * @param context JSON text of the variables whose values come from above the positions.
 * @throws {GatewayError} Before anything is sent, too: only through the promise.
 */
export async function send(
  run: Run,
  fetch: CompiledFetch,
  representations: string | null,
  context = '',
): Promise<SubgraphResponse> {
  const { node, operation, bodyHead } = fetch;
  const subgraph = run.subgraphs.get(node.service);
  if (!subgraph) throw new GatewayError('SERVICE_UNAVAILABLE', 'This service is not configured');
  if (run.context.cancellation.reason) throw run.context.cancellation.reason;
  if (run.shared.calls >= run.limits.subgraphCallsMax) {
    const limit = `An operation may make at most ${run.limits.subgraphCallsMax} subgraph calls`;
    throw new GatewayError('TOO_MANY_SUBGRAPH_CALLS', limit);
  }
  run.shared.calls += 1;
  const variablesJson = variablesText(run, node.variables, representations, context);
  return subgraph.fetch({
    operation,
    variablesJson,
    body: `${bodyHead}${variablesJson}}`,
    context: run.context,
  });
}
