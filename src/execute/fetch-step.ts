/**
 * One fetch of a plan: collects representations, asks the subgraph, merges what it answers.
 *
 * Positions with the same representation share the nested objects of its entity: later steps of the plan reach those
 * positions by the same path, so they treat them alike, and what they write there is the same for each.
 */

import type { FetchNode, PathStep } from '../pipeline/prepared.ts';
import { GatewayError, isGatewayError } from '../shared/errors.ts';
import type { SubgraphError, SubgraphOperation, SubgraphResponse } from '../sources/source.ts';
import { isObject, merge, type Data } from './merge.ts';
import { objectsAt, positionsAt, type Position } from './positions.ts';
import { compileRepresentation } from './representation.ts';
import { applyRewrites } from './rewrites.ts';
import { variablesText, type Run } from './run.ts';

/** Runs a part of the plan; undefined when there was nothing to wait for. Never rejects. */
export type Step = (run: Run) => Promise<void> | undefined;

interface CompiledFetch {
  readonly node: FetchNode;
  readonly path: readonly PathStep[];
  readonly operation: SubgraphOperation;
  /** The request body up to its variables. */
  readonly bodyHead: string;
}

export function compileFetch(node: FetchNode, path: readonly PathStep[]): Step {
  const name = node.operationName === null ? '' : `,"operationName":${JSON.stringify(node.operationName)}`;
  const fetch: CompiledFetch = {
    node,
    path,
    operation: {
      service: node.service,
      kind: node.operationKind,
      name: node.operationName ?? undefined,
      query: node.operation,
    },
    bodyHead: `{"query":${JSON.stringify(node.operation)}${name},"variables":`,
  };
  return node.requires ? entityStep(fetch) : rootStep(fetch);
}

function rootStep(fetch: CompiledFetch): Step {
  const { node, path } = fetch;
  return (run) => {
    const targets = path.length === 0 ? [run.data] : objectsAt(run.data, path);
    if (targets.length === 0) return undefined;
    return send(run, fetch, variablesText(run, node.variables, null), (response) => {
      const data = response.data;
      if (isObject(data)) {
        if (node.outputRewrites.length > 0) applyRewrites(node.outputRewrites, data);
        for (const target of targets) merge(target, data);
      }
      const at = (error: SubgraphError): Located[] => rootPaths(run, fetch, error.path);
      reportErrors(run, fetch, response, at);
    });
  };
}

function entityStep(fetch: CompiledFetch): Step {
  const { node, path } = fetch;
  const represent = compileRepresentation(node.requires ?? [], node.inputRewrites);
  return (run) => {
    const indexes = new Map<string, number>();
    const targets: Data[][] = [];
    for (const object of objectsAt(run.data, path)) {
      const text = represent(object);
      if (text === null) continue;
      const index = indexes.get(text);
      if (index === undefined) {
        indexes.set(text, targets.length);
        targets.push([object]);
      } else {
        targets[index]?.push(object);
      }
    }
    if (targets.length === 0) return undefined;
    const representations = `[${[...indexes.keys()].join(',')}]`;
    return send(run, fetch, variablesText(run, node.variables, representations), (response) => {
      mergeEntities(run, fetch, response, targets);
    });
  };
}

function mergeEntities(
  run: Run,
  fetch: CompiledFetch,
  response: SubgraphResponse,
  targets: ReadonlyArray<readonly Data[]>,
): void {
  const entities = response.data?._entities;
  if (Array.isArray(entities) && entities.length === targets.length) {
    for (let i = 0; i < targets.length; i += 1) {
      const entity: unknown = entities[i];
      if (!isObject(entity)) {
        if (fetch.node.resolvesTypes.length > 0) markMissing(fetch.node, targets[i] as readonly Data[]);
        continue;
      }
      if (fetch.node.outputRewrites.length > 0) applyRewrites(fetch.node.outputRewrites, entity);
      for (const target of targets[i] as readonly Data[]) merge(target, entity);
    }
  } else if (!response.errors?.length) {
    const problem = `Expected ${targets.length} entities from this service`;
    reportFailure(run, fetch, new GatewayError('SERVICE_BAD_RESPONSE', problem));
    return;
  }
  reportErrors(run, fetch, response, (error) => entityPaths(run, fetch, error.path, targets));
}

/** The subgraph that knows the runtime types of an interface knows no such object: then there is none. */
function markMissing(node: FetchNode, targets: readonly Data[]): void {
  for (const target of targets) {
    if (node.resolvesTypes.includes(target.__typename as string)) target.__typename = null;
  }
}

function send(
  run: Run,
  fetch: CompiledFetch,
  variablesJson: string,
  settle: (response: SubgraphResponse) => void,
): Promise<void> | undefined {
  const subgraph = run.subgraphs.get(fetch.node.service);
  run.calls += 1;
  const refusal = refusalOf(run, subgraph !== undefined);
  if (refusal || !subgraph) {
    reportFailure(run, fetch, refusal);
    return undefined;
  }
  const { context } = run;
  const body = `${fetch.bodyHead}${variablesJson}}`;
  const answer = subgraph.fetch({ operation: fetch.operation, variablesJson, body, context });
  return answer.then(settle).catch((error: unknown) => reportFailure(run, fetch, error));
}

function refusalOf(run: Run, known: boolean): GatewayError | undefined {
  if (!known) return new GatewayError('SERVICE_UNAVAILABLE', 'This service is not configured');
  if (run.context.cancellation.reason) return run.context.cancellation.reason;
  if (run.calls > run.limits.subgraphCallsMax) {
    const limit = `An operation may make at most ${run.limits.subgraphCallsMax} subgraph calls`;
    return new GatewayError('TOO_MANY_SUBGRAPH_CALLS', limit);
  }
  return undefined;
}

type Located = ReadonlyArray<string | number> | undefined;

function reportErrors(
  run: Run,
  fetch: CompiledFetch,
  response: SubgraphResponse,
  locate: (error: SubgraphError) => Located[],
): void {
  if (!response.errors?.length) {
    if (!isObject(response.data)) {
      reportFailure(
        run,
        fetch,
        new GatewayError('SERVICE_BAD_RESPONSE', 'This service answered without data'),
      );
    }
    return;
  }
  if (!isObject(response.data)) run.explained.push(...failedPaths(run, fetch));
  for (const error of response.errors) {
    const paths = error.path?.length || isObject(response.data) ? locate(error) : failedPaths(run, fetch);
    for (const path of paths) report(run, fetch, error, path);
  }
}

function report(run: Run, fetch: CompiledFetch, error: SubgraphError, path: Located): void {
  const { code, service, ...extensions } = error.extensions ?? {};
  run.reports.push({
    message: error.message,
    code: typeof code === 'string' ? code : 'SERVICE_ERROR',
    service: typeof service === 'string' ? service : fetch.node.service,
    fromBackend: true,
    extensions,
    ...(error.cause === undefined ? {} : { cause: error.cause }),
    ...(path === undefined ? {} : { path }),
  });
}

/** The call itself failed: everything the fetch would have written is missing, at each of its positions. */
function reportFailure(run: Run, fetch: CompiledFetch, error: unknown): void {
  const known = isGatewayError(error) ? error : undefined;
  for (const path of failedPaths(run, fetch)) {
    run.reports.push({
      message: known?.message ?? 'Internal error',
      code: known?.code ?? 'INTERNAL_ERROR',
      service: fetch.node.service,
      fromBackend: false,
      extensions: known?.public ?? {},
      cause: known?.cause ?? error,
      path,
    });
  }
}

/** Enough to say of every visible field why it is null, without an answer made of errors. */
function failedPaths(run: Run, fetch: CompiledFetch): Array<ReadonlyArray<string | number>> {
  const paths: Array<ReadonlyArray<string | number>> = [];
  for (const position of failedPositions(run, fetch)) {
    for (const name of fetch.node.writes) {
      if (paths.length >= run.limits.errorsMax) return paths;
      paths.push([...position.path, name]);
    }
  }
  return paths;
}

function failedPositions(run: Run, fetch: CompiledFetch): Position[] {
  return fetch.path.length === 0 ? [{ object: run.data, path: [] }] : positionsAt(run.data, fetch.path);
}

function rootPaths(run: Run, fetch: CompiledFetch, path: SubgraphError['path']): Located[] {
  if (!path) return [undefined];
  if (fetch.path.length === 0) return [path];
  return positionsAt(run.data, fetch.path).map((position) => [...position.path, ...path]);
}

/** `_entities.3.name` is `name` at every position that the fourth representation came from. */
function entityPaths(
  run: Run,
  fetch: CompiledFetch,
  path: SubgraphError['path'],
  targets: ReadonlyArray<readonly Data[]>,
): Located[] {
  if (!path) return [undefined];
  const index = path[1];
  const owners = path[0] === '_entities' && typeof index === 'number' ? targets[index] : undefined;
  if (!owners) return [undefined];
  const objects = new Set(owners);
  const located = positionsAt(run.data, fetch.path).filter((position) => objects.has(position.object));
  const rest = path.slice(2);
  if (rest.length > 0) return located.map((position) => [...position.path, ...rest]);
  return located.flatMap((position) => fetch.node.writes.map((name) => [...position.path, name]));
}
