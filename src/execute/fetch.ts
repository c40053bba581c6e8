/** The part of a fetch that is the same for every request, and how a fetch is sent. */

import { fetchKey } from '../pipeline/fetch-key.ts';
import type { FetchNode, PathStep } from '../pipeline/prepared.ts';
import { fetchNameOf } from '../pipeline/shapes.ts';
import { GatewayError } from '../shared/errors.ts';
import type { SubgraphOperation, SubgraphResponse } from '../sources/source.ts';
import { bodyHead } from '../shared/graphql-body.ts';
import { memberText, variablesText, type FetchInputs, type Run } from './run.ts';
import { finalName } from './rewrites.ts';

/** Runs a part of the plan; returns undefined if there is nothing to wait for. Never rejects. */
export type Step = (run: Run) => Promise<void> | undefined;

export interface CompiledFetch {
  readonly node: FetchNode;
  /** Where its result is merged. */
  readonly path: readonly PathStep[];
  /** Names in the merged data that it writes there. */
  readonly writes: readonly string[];
  readonly sent: SentOperation;
  /** What was last sent for a document of the operation's shape, with the name of that document's operation. */
  named: SentOperation | null;
  /** The interface objects that this fetch selects: their names must not overwrite a runtime type. */
  readonly interfaceObjectTypes: ReadonlySet<string> | null;
  /** See `fetchKey`. */
  readonly key: string;
}

interface SentOperation {
  readonly operation: SubgraphOperation;
  /** The request body up to its variables. */
  readonly bodyHead: string;
}

export function toCompiledFetch(node: FetchNode, path: readonly PathStep[]): CompiledFetch {
  return {
    node,
    path,
    writes: [...new Set(node.writes.map((name) => finalName(node, name)))],
    sent: sentOf(node),
    named: null,
    interfaceObjectTypes: interfaceObjectTypes(node),
    key: fetchKey(node),
  };
}

function sentOf(node: FetchNode): SentOperation {
  const { service, operation: query, operationName, operationKind: kind, numbers } = node;
  const joinable = joinableOperation(node);
  return withBodyHead({
    service,
    kind,
    name: operationName ?? undefined,
    query,
    ...(numbers ? { numbers } : {}),
    ...(joinable ? { joinable } : {}),
  });
}

function joinableOperation({
  operation,
  variables,
  joinable,
}: FetchNode): SubgraphOperation['joinable'] | undefined {
  return (
    joinable && {
      variables: joinable.definitions.map((range, index) => ({
        name: variables[index]?.name ?? '',
        definition: operation.slice(...range),
      })),
      selections: operation.slice(...joinable.selections),
    }
  );
}

/** Most clients give an operation one name, so what was sent last is kept. */
function sentFor({ document }: Run, fetch: CompiledFetch): SentOperation {
  const planned = fetch.sent.operation;
  const name = planned.name === undefined ? undefined : fetchNameOf(document, planned.name);
  if (planned.name === undefined || name === undefined || name === planned.name) return fetch.sent;
  if (fetch.named?.operation.name !== name) {
    const query = planned.query.replace(planned.name, name);
    fetch.named = withBodyHead({ ...planned, name, query, planned });
  }
  return fetch.named;
}

function withBodyHead(operation: SubgraphOperation): SentOperation {
  return { operation, bodyHead: bodyHead(operation.query, operation.name ?? null) };
}

/** Names that the subgraph has for interfaces: none of them is the type of an object. Null: there are none. */
function interfaceObjectTypes({ resolvesTypes, inputRewrites }: FetchNode): ReadonlySet<string> | null {
  const names = new Set<string>();
  for (const rewrite of inputRewrites) {
    const last = rewrite.path.at(-1);
    if (rewrite.kind === 'set' && last && 'key' in last && last.key === '__typename')
      names.add(String(rewrite.value));
  }
  for (const name of resolvesTypes) names.delete(name);
  return names.size === 0 ? null : names;
}

/** @throws {GatewayError} Always as a rejection, also before anything is sent. */
export async function send(run: Run, fetch: CompiledFetch, inputs: FetchInputs): Promise<SubgraphResponse> {
  const { node } = fetch;
  const subgraph = run.subgraphs.get(node.service);
  if (!subgraph) throw new GatewayError('SERVICE_UNAVAILABLE', 'This service is not configured');
  if (run.context.cancellation.reason) throw run.context.cancellation.reason;
  if (run.state.calls >= run.limits.subgraphCallsMax) {
    const limit = `An operation may make at most ${run.limits.subgraphCallsMax} subgraph calls`;
    throw new GatewayError('TOO_MANY_SUBGRAPH_CALLS', limit);
  }
  run.state.calls += 1;
  const sent = sentFor(run, fetch);
  const { operation } = sent;
  const variablesJson = variablesText(run, node.variables, inputs);
  const request = {
    operation,
    variablesJson,
    body: `${sent.bodyHead}${variablesJson}}`,
    context: run.context,
  };
  const { representations } = inputs;
  if (!operation.joinable || representations === null) return subgraph.fetch(request);
  const members = node.variables.map((use) => memberText(run, use));
  return subgraph.fetch({ ...request, joinable: { execution: run.state, members, representations } });
}
