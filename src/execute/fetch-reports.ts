/** What becomes of the errors of a fetch: reports with paths in the merged data. Slow: nothing here runs without one. */

import { GatewayError, isGatewayError } from '../shared/errors.ts';
import type { SubgraphError, SubgraphResponse } from '../sources/source.ts';
import { fillDeclared, fillField, finalName, type Filled } from './fallbacks.ts';
import type { CompiledFetch } from './fetch.ts';
import { isObject, type Data } from './merge.ts';
import { positionsAt, type Position } from './positions.ts';
import type { Run } from './run.ts';

type Path = ReadonlyArray<string | number>;

/** The errors of a fetch of root fields, and the lack of data without any. */
export function reportRootErrors(run: Run, fetch: CompiledFetch, response: SubgraphResponse): void {
  const hasData = isObject(response.data);
  if (!response.errors?.length) {
    if (!hasData) reportFailure(run, fetch, withoutData());
    return;
  }
  if (!hasData) run.explained.push(...failedPaths(run, fetch));
  const positions = failedPositions(run, fetch);
  for (const error of response.errors) {
    const failed = { code: error.extensions?.['code'], path: error.path ?? [], positions };
    if (hasData && fillField(run, fetch, failed)) continue;
    for (const path of rootPaths(run, fetch, error, hasData)) report(run, fetch, error, path);
  }
}

/**
 * An error of an entity fetch.
 *
 * @param targets Where the entity at fault is merged; undefined where the error names none.
 * @param path Within the entity.
 */
export function reportEntityError(
  run: Run,
  fetch: CompiledFetch,
  error: SubgraphError,
  targets: readonly Data[] | undefined,
  path: Path,
): void {
  if (!targets) {
    report(run, fetch, error, undefined);
    return;
  }
  const objects = new Set(targets);
  const positions = failedPositions(run, fetch).filter(({ object }) => objects.has(object));
  if (fillField(run, fetch, { code: error.extensions?.['code'], path, positions })) return;
  for (const position of positions) {
    if (path.length > 0) report(run, fetch, error, [...position.path, ...path]);
    else for (const name of fetch.node.writes) report(run, fetch, error, [...position.path, name]);
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
  for (const path of failedPaths(run, fetch, objects, filled)) {
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

/** Everything the fetch would have written is missing because of errors that are reported one by one. */
export function explainFailure(run: Run, fetch: CompiledFetch, objects?: ReadonlySet<Data>): void {
  run.explained.push(...failedPaths(run, fetch, objects));
}

function withoutData(): GatewayError {
  return new GatewayError('SERVICE_BAD_RESPONSE', 'This service answered without data');
}

function report(run: Run, fetch: CompiledFetch, error: SubgraphError, path: Path | undefined): void {
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

/** Enough to say of every visible field why it is null, without an answer made of errors. */
function failedPaths(run: Run, fetch: CompiledFetch, objects?: ReadonlySet<Data>, filled?: Filled): Path[] {
  const paths: Path[] = [];
  for (const position of failedPositions(run, fetch)) {
    if (objects && !objects.has(position.object)) continue;
    const declared = filled?.get(position.object);
    for (const name of fetch.node.writes) {
      if (declared?.has(finalName(fetch.node, name))) continue;
      if (paths.length >= run.limits.errorsMax) return paths;
      paths.push([...position.path, name]);
    }
  }
  return paths;
}

function failedPositions(run: Run, fetch: CompiledFetch): Position[] {
  return positionsAt(run.data, fetch.path);
}

function rootPaths(
  run: Run,
  fetch: CompiledFetch,
  { path }: SubgraphError,
  hasData: boolean,
): ReadonlyArray<Path | undefined> {
  if (!path?.length) return hasData ? [undefined] : failedPaths(run, fetch);
  return failedPositions(run, fetch).map((position) => [...position.path, ...path]);
}
