/** Turns the errors of a fetch into reports with paths in the merged data. Slow path: runs only for errors. */

import { GatewayError, isGatewayError } from '../shared/errors.ts';
import { isRecord } from '../shared/records.ts';
import type { SubgraphError, SubgraphResponse } from '../sources/source.ts';
import type { EntityError } from './entity-loader.ts';
import { applyDeclaredValues, applyDeclaredValue, finalName, type DeclaredNames } from './fallbacks.ts';
import type { CompiledFetch } from './fetch.ts';
import type { Data } from './merge.ts';
import { positionsAt, type Position } from './positions.ts';
import type { Run } from './run.ts';

type Path = ReadonlyArray<string | number>;

/** A longer `extensions.code` of a backend is not an error code. */
const codeCharsMax = 256;

/** Reports the errors of a root fetch, or that it has neither data nor errors. */
export function reportRootErrors(run: Run, fetch: CompiledFetch, response: SubgraphResponse): void {
  const hasData = isRecord(response.data);
  if (!response.errors?.length) {
    if (!hasData) reportFailure(run, fetch, missingData());
    return;
  }
  const missing = hasData ? [] : failedPaths(run, fetch);
  run.explainedPaths.push(...missing);
  const positions = positionsAt(run.data, fetch.path);
  for (const error of response.errors) {
    const path = error.path ?? [];
    const failure = { code: error.extensions?.['code'], path, positions };
    if (hasData && applyDeclaredValue(run, fetch, failure)) continue;
    addReport(run, fetch, error, path.length > 0 ? pathsBelow(positions, path) : missing);
  }
}

/** @param objects The objects of the call: an error that names no entity concerns all of them. */
export function reportEntityErrors(
  run: Run,
  fetch: CompiledFetch,
  errors: readonly EntityError[],
  objects: ReadonlySet<Data>,
): void {
  const positionsByObject = Map.groupBy(positionsAt(run.data, fetch.path), ({ object }) => object);
  const positionsFor = (wanted: Iterable<Data>): Position[] =>
    [...new Set(wanted)].flatMap((object) => positionsByObject.get(object) ?? []);
  let nulls: Path[] | undefined;
  for (const { error, targets, path } of errors) {
    if (!targets) {
      addReport(run, fetch, error, (nulls ??= nullPaths(run, fetch, positionsFor(objects))));
      continue;
    }
    const positions = positionsFor(targets);
    if (applyDeclaredValue(run, fetch, { code: error.extensions?.['code'], path, positions })) continue;
    const missing = path.length > 0 ? [] : nullPaths(run, fetch, positions);
    addReport(run, fetch, error, missing.length > 0 ? missing : pathsBelow(positions, path));
  }
}

/**
 * Reports a failed call: all fields of the fetch are missing at each of its positions, except those with a declared
 * value.
 *
 * @param objects The objects of the call; absent: all.
 */
export function reportFailure(
  run: Run,
  fetch: CompiledFetch,
  error: unknown,
  objects?: ReadonlySet<Data>,
): void {
  const gatewayError = isGatewayError(error) ? error : undefined;
  const filled = applyDeclaredValues(run, fetch, gatewayError?.code, objects);
  const paths = failedPaths(run, fetch, objects, filled);
  if (paths.length === 0) return;
  run.reports.push({
    message: gatewayError?.message ?? 'Internal error',
    code: gatewayError?.code ?? 'INTERNAL_ERROR',
    service: fetch.node.service,
    fromBackend: false,
    extensions: gatewayError?.public ?? {},
    cause: gatewayError ? gatewayError.cause : error,
    retryable: gatewayError?.retryable === true && isSafeToRetry(run, fetch, gatewayError),
    paths,
  });
}

/** All fields of the fetch are missing because of errors that are reported one by one. */
export function explainFailure(run: Run, fetch: CompiledFetch, objects?: ReadonlySet<Data>): void {
  run.explainedPaths.push(...failedPaths(run, fetch, objects));
}

/** Repeating a mutation that may have had its effect would apply it twice. */
function isSafeToRetry(run: Run, { node }: CompiledFetch, { notExecuted }: GatewayError): boolean {
  return !run.isMutation || (node.operationKind === 'mutation' && notExecuted);
}

function missingData(): GatewayError {
  return new GatewayError('SERVICE_BAD_RESPONSE', 'This service answered without data');
}

function addReport(run: Run, fetch: CompiledFetch, error: SubgraphError, paths: readonly Path[]): void {
  const { code, service, retryable, ...extensions } = error.extensions ?? {};
  const isRetryable = typeof retryable === 'boolean' ? retryable : run.isMutation ? false : undefined;
  run.reports.push({
    message: error.message,
    code: typeof code === 'string' && code.length <= codeCharsMax ? code : 'SERVICE_ERROR',
    service: typeof service === 'string' ? service : fetch.node.service,
    fromBackend: true,
    extensions,
    ...(isRetryable === undefined ? {} : { retryable: isRetryable }),
    ...(error.cause === undefined ? {} : { cause: error.cause }),
    paths,
  });
}

/** The paths of all fields that the fetch did not write, at most `errorsMax`. */
function failedPaths(
  run: Run,
  fetch: CompiledFetch,
  objects?: ReadonlySet<Data>,
  filled?: DeclaredNames,
): Path[] {
  const positions = positionsAt(run.data, fetch.path);
  const failed = objects ? positions.filter(({ object }) => objects.has(object)) : positions;
  return writtenPaths(run, fetch, failed, ({ object }, name) => filled?.get(object)?.has(name) !== true);
}

/** The paths of the fields of the fetch that are null. */
function nullPaths(run: Run, fetch: CompiledFetch, positions: readonly Position[]): Path[] {
  return writtenPaths(run, fetch, positions, ({ object }, name) => (object[name] ?? null) === null);
}

function writtenPaths(
  run: Run,
  { node }: CompiledFetch,
  positions: readonly Position[],
  isMissing: (position: Position, name: string) => boolean,
): Path[] {
  const paths: Path[] = [];
  for (const position of positions) {
    for (const name of node.writes) {
      const written = finalName(node, name);
      if (!isMissing(position, written)) continue;
      if (paths.length >= run.limits.errorsMax) return paths;
      paths.push([...position.path, written]);
    }
  }
  return paths;
}

function pathsBelow(positions: readonly Position[], path: Path): Path[] {
  return positions.map((position) => [...position.path, ...path]);
}
