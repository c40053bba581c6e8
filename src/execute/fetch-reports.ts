/** What becomes of the errors of a fetch: reports with paths in the merged data. Slow: nothing here runs without one. */

import { GatewayError, isGatewayError } from '../shared/errors.ts';
import { isRecord } from '../shared/records.ts';
import type { SubgraphError, SubgraphResponse } from '../sources/source.ts';
import type { EntityError } from './entity-loader.ts';
import { fillDeclared, fillField, finalName, type Filled } from './fallbacks.ts';
import type { CompiledFetch } from './fetch.ts';
import type { Data } from './merge.ts';
import { positionsAt, type Position } from './positions.ts';
import type { Run } from './run.ts';

type Path = ReadonlyArray<string | number>;

/** A longer one is no name of what went wrong. */
const codeCharsMax = 256;

/** The errors of a fetch of root fields, and the lack of data without any. */
export function reportRootErrors(run: Run, fetch: CompiledFetch, response: SubgraphResponse): void {
  const hasData = isRecord(response.data);
  if (!response.errors?.length) {
    if (!hasData) reportFailure(run, fetch, withoutData());
    return;
  }
  const missing = hasData ? [] : failedPaths(run, fetch);
  run.explained.push(...missing);
  const positions = positionsAt(run.data, fetch.path);
  for (const error of response.errors) {
    const path = error.path ?? [];
    const failed = { code: error.extensions?.['code'], path, positions };
    if (hasData && fillField(run, fetch, failed)) continue;
    report(run, fetch, error, path.length > 0 ? below(positions, path) : missing);
  }
}

/** @param objects Those the call was for: what an error that names no entity is about. */
export function reportEntityErrors(
  run: Run,
  fetch: CompiledFetch,
  errors: readonly EntityError[],
  objects: ReadonlySet<Data>,
): void {
  const positionsOf = Map.groupBy(positionsAt(run.data, fetch.path), ({ object }) => object);
  const found = (wanted: Iterable<Data>): Position[] =>
    [...new Set(wanted)].flatMap((object) => positionsOf.get(object) ?? []);
  let nulls: Path[] | undefined;
  for (const { error, targets, path } of errors) {
    if (!targets) {
      report(run, fetch, error, (nulls ??= nullPaths(run, fetch, found(objects))));
      continue;
    }
    const positions = found(targets);
    if (fillField(run, fetch, { code: error.extensions?.['code'], path, positions })) continue;
    const missing = path.length > 0 ? [] : nullPaths(run, fetch, positions);
    report(run, fetch, error, missing.length > 0 ? missing : below(positions, path));
  }
}

/**
 * The call itself failed: everything the fetch would have written is missing, at each of its positions, but what has
 * a declared value.
 *
 * @param objects Those the call was for; absent: all.
 */
export function reportFailure(
  run: Run,
  fetch: CompiledFetch,
  error: unknown,
  objects?: ReadonlySet<Data>,
): void {
  const known = isGatewayError(error) ? error : undefined;
  const filled = fillDeclared(run, fetch, known?.code, objects);
  const paths = failedPaths(run, fetch, objects, filled);
  if (paths.length === 0) return;
  run.reports.push({
    message: known?.message ?? 'Internal error',
    code: known?.code ?? 'INTERNAL_ERROR',
    service: fetch.node.service,
    fromBackend: false,
    extensions: known?.public ?? {},
    cause: known ? known.cause : error,
    retryable: known?.retryable === true && mayRepeat(run, fetch, known),
    paths,
  });
}

/** Everything the fetch would have written is missing because of errors that are reported one by one. */
export function explainFailure(run: Run, fetch: CompiledFetch, objects?: ReadonlySet<Data>): void {
  run.explained.push(...failedPaths(run, fetch, objects));
}

/** A mutation that may have had its effect would have it twice, whatever it was that failed then. */
function mayRepeat(run: Run, { node }: CompiledFetch, { nothingDone }: GatewayError): boolean {
  return !run.isMutation || (node.operationKind === 'mutation' && nothingDone);
}

function withoutData(): GatewayError {
  return new GatewayError('SERVICE_BAD_RESPONSE', 'This service answered without data');
}

function report(run: Run, fetch: CompiledFetch, error: SubgraphError, paths: readonly Path[]): void {
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

/** Enough to say of every visible field why it is null, without an answer made of errors. */
function failedPaths(run: Run, fetch: CompiledFetch, objects?: ReadonlySet<Data>, filled?: Filled): Path[] {
  const positions = positionsAt(run.data, fetch.path);
  const failed = objects ? positions.filter(({ object }) => objects.has(object)) : positions;
  return writtenPaths(run, fetch, failed, ({ object }, name) => filled?.get(object)?.has(name) !== true);
}

/** What a fetch was for and did not bring. */
function nullPaths(run: Run, fetch: CompiledFetch, positions: readonly Position[]): Path[] {
  return writtenPaths(run, fetch, positions, ({ object }, name) => (object[name] ?? null) === null);
}

function writtenPaths(
  run: Run,
  { node }: CompiledFetch,
  positions: readonly Position[],
  counts: (position: Position, name: string) => boolean,
): Path[] {
  const paths: Path[] = [];
  for (const position of positions) {
    for (const name of node.writes) {
      const written = finalName(node, name);
      if (!counts(position, written)) continue;
      if (paths.length >= run.limits.errorsMax) return paths;
      paths.push([...position.path, written]);
    }
  }
  return paths;
}

function below(positions: readonly Position[], path: Path): Path[] {
  return positions.map((position) => [...position.path, ...path]);
}
