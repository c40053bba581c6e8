/** The part of a fetch that is the same for every request, and how a fetch is sent. */

import type { FetchNode, PathStep } from '../pipeline/prepared.ts';
import { fetchNameOf } from '../pipeline/shapes.ts';
import { GatewayError } from '../shared/errors.ts';
import type { SubgraphOperation, SubgraphResponse } from '../sources/source.ts';
import { bodyHead } from '../shared/graphql-body.ts';
import { memberText, variablesText, type FetchInputs, type Run } from './run.ts';

/** Runs a part of the plan; returns undefined if there is nothing to wait for. Never rejects. */
export type Step = (run: Run) => Promise<void> | undefined;

export interface CompiledFetch {
  readonly node: FetchNode;
  /** Where its result is merged. */
  readonly path: readonly PathStep[];
  readonly sent: SentOperation;
  /** What was last sent for a document of the operation's shape, with the name of that document's operation. */
  named: SentOperation | null;
  /** The interface object that this fetch selects: its name must not overwrite a runtime type. */
  readonly interfaceObjectType: string | null;
  /** Equal for the same operation to the same service, also across the parts of a split operation. */
  readonly key: string;
}

interface SentOperation {
  readonly operation: SubgraphOperation;
  /** The request body up to its variables. */
  readonly bodyHead: string;
}

export function toCompiledFetch(node: FetchNode, path: readonly PathStep[]): CompiledFetch {
  const { service, operation: query, operationName } = node;
  return {
    node,
    path,
    sent: sentAs(node, operationName),
    named: null,
    interfaceObjectType: interfaceObjectType(node),
    key: `${service}\0${withoutName(query, operationName)}`,
  };
}

function sentAs(node: FetchNode, name: string | null): SentOperation {
  const { service, operation, operationKind: kind, operationName, numbers } = node;
  const query = operationName === null || name === null ? operation : operation.replace(operationName, name);
  const joinable = joinableOperation(node);
  return {
    operation: {
      service,
      kind,
      name: name ?? undefined,
      query,
      ...(numbers ? { numbers } : {}),
      ...(joinable ? { joinable } : {}),
    },
    bodyHead: bodyHead(query, name),
  };
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
  const name = fetchNameOf(document, fetch.node.operationName);
  if (name === fetch.node.operationName) return fetch.sent;
  if (fetch.named?.operation.name !== name) fetch.named = sentAs(fetch.node, name);
  return fetch.named;
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
