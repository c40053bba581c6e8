/** Turns the errors of a fetch into reports with paths in the merged data. Slow path: runs only for errors. */

import type { RefusedServices } from '../pipeline/cost.ts';
import { GatewayError, isGatewayError } from '../shared/errors.ts';
import { isRecord } from '../shared/records.ts';
import { failWith } from '../shared/trace.ts';
import type { SubgraphError, SubgraphResponse } from '../sources/source.ts';
import { applyDeclaredValues, applyDeclaredValue, type DeclaredNames } from './fallbacks.ts';
import { markFailed } from './failed-fields.ts';
import { positionsOf, type FetchCall } from './fetch-call.ts';
import type { Data } from './merge.ts';
import type { Position } from './positions.ts';
import { rewrittenPath } from './rewrites.ts';
import type { Report } from './run.ts';

type Path = ReadonlyArray<string | number>;
type Reason = Omit<Report, 'paths'>;

/** A longer `extensions.code` of a backend is not an error code. */
const codeCharsMax = 256;

/** Reports the errors of a root fetch, or that it has neither data nor errors. */
export function reportRootErrors(call: FetchCall, response: SubgraphResponse): void {
  const hasData = isRecord(response.data);
  if (!response.errors?.length) {
    if (!hasData) reportFailure(call, missingData());
    return;
  }
  const missing = hasData ? [] : failedPaths(call, positionsOf(call));
  call.run.explainedPaths.push(...missing);
  const positions = positionsOf(call);
  for (const error of response.errors) {
    const path = error.path ?? [];
    const failure = { code: error.extensions?.['code'], path, positions };
    if (hasData && applyDeclaredValue(call, failure)) continue;
    addReport(call, error, path.length > 0 ? pathsBelow(call, positions, path) : missing);
  }
}

interface LocatedError {
  readonly error: SubgraphError;
  /** Those of the entity that failed; undefined where the error names none. */
  readonly objects: readonly Data[] | undefined;
  /** Within the entity. */
  readonly path: Path;
}

/** An error that names no entity concerns all objects of the call. */
export function reportEntityErrors(call: FetchCall, errors: readonly LocatedError[]): void {
  const callPositions = positionsOf(call);
  const positionsByObject = Map.groupBy(callPositions, ({ object }) => object);
  const positionsFor = (wanted: Iterable<Data>): Position[] =>
    [...new Set(wanted)].flatMap((object) => positionsByObject.get(object) ?? []);
  let nulls: Path[] | undefined;
  // Also of the entities that no error names, where the answer has none.
  const isNoted =
    errors[0] !== undefined && noteUntyped(call, callPositions, reasonOf(call, errors[0].error));
  for (const { error, objects, path } of errors) {
    if (!objects) {
      nulls ??= nullPaths(call, callPositions);
      if (nulls.length > 0 || !isNoted) addReport(call, error, nulls);
      else call.run.context.trace.span?.fail(codeOf(error.extensions?.['code']));
      continue;
    }
    const positions = positionsFor(objects);
    if (applyDeclaredValue(call, { code: error.extensions?.['code'], path, positions })) continue;
    const missing = path.length > 0 ? [] : nullPaths(call, positions);
    addReport(call, error, missing.length > 0 ? missing : pathsBelow(call, positions, path));
  }
}

/**
 * Reports a failed call: all fields of the fetch are missing at each of its positions, except those with a declared
 * value.
 */
export function reportFailure(call: FetchCall, error: unknown): void {
  const gatewayError = isGatewayError(error) ? error : undefined;
  const { span } = call.run.context.trace;
  if (span) failWith(span, error);
  const filled = applyDeclaredValues(call, gatewayError?.code);
  const reason: Reason = {
    message: gatewayError?.message ?? 'Internal error',
    code: gatewayError?.code ?? 'INTERNAL_ERROR',
    service: call.fetch.node.service,
    fromBackend: false,
    extensions: gatewayError?.public ?? {},
    cause: gatewayError ? gatewayError.cause : error,
    retryable: gatewayError?.retryable === true && isSafeToRetry(call, gatewayError),
  };
  const positions = positionsOf(call);
  noteUntyped(call, positions, reason);
  const paths = failedPaths(call, positions, filled);
  if (paths.length > 0) call.run.reports.push({ ...reason, paths });
}

/** Reports a service that is not asked: one error for all of its fetches, at the first field that is missing. */
export function reportRefusal(call: FetchCall, { cost, maximum }: Refusal): void {
  const { run } = call;
  const { service } = call.fetch.node;
  const positions = positionsOf(call);
  const paths = failedPaths(call, positions);
  run.explainedPaths.push(...paths);
  const reason: Reason = {
    message: `This part of the operation has an estimated cost of ${cost}; at most ${maximum} is allowed`,
    code: refusalCode,
    service,
    fromBackend: false,
    extensions: { cost, maximum },
    retryable: false,
  };
  noteUntyped(call, positions, reason);
  // They were not asked for, and what requires them must not be computed without.
  for (const { object } of positions) markFailed(object, call.fetch.writes);
  const isReported = run.reports.some((report) => report.code === refusalCode && report.service === service);
  if (paths.length > 0 && !isReported) run.reports.push({ ...reason, paths: paths.slice(0, 1) });
}

const refusalCode = 'SUBGRAPH_COST_ESTIMATED_TOO_EXPENSIVE';

type Refusal = NonNullable<ReturnType<RefusedServices['get']>>;

/** All fields of the fetch are missing because of errors that are reported one by one. */
export function explainFailure(call: FetchCall): void {
  call.run.explainedPaths.push(...failedPaths(call, positionsOf(call)));
}

/** Repeating a mutation that may have had its effect would apply it twice. */
function isSafeToRetry({ run, fetch }: FetchCall, { notExecuted }: GatewayError): boolean {
  return !run.isMutation || (fetch.node.operationKind === 'mutation' && notExecuted);
}

function missingData(): GatewayError {
  return new GatewayError('SERVICE_BAD_RESPONSE', 'This service answered without data');
}

function codeOf(code: unknown): string {
  return typeof code === 'string' && code.length <= codeCharsMax ? code : 'SERVICE_ERROR';
}

function addReport(call: FetchCall, error: SubgraphError, paths: readonly Path[]): void {
  const reason = reasonOf(call, error);
  call.run.context.trace.span?.fail(reason.code);
  call.run.reports.push({ ...reason, paths });
}

function reasonOf({ run, fetch }: FetchCall, error: SubgraphError): Reason {
  const { code, service, retryable, ...extensions } = error.extensions ?? {};
  const isRetryable = typeof retryable === 'boolean' ? retryable : run.isMutation ? false : undefined;
  return {
    message: error.message,
    code: codeOf(code),
    service: typeof service === 'string' ? service : fetch.node.service,
    fromBackend: true,
    extensions,
    ...(isRetryable === undefined ? {} : { retryable: isRetryable }),
    ...(error.cause === undefined ? {} : { cause: error.cause }),
  };
}

/**
 * The objects of a call whose runtime types it was to fetch: where the answer depends on them, this is their error.
 *
 * @returns Whether there are any.
 */
function noteUntyped({ run, fetch }: FetchCall, positions: readonly Position[], reason: Reason): boolean {
  const { resolvesTypes } = fetch.node;
  if (resolvesTypes.length === 0) return false;
  const untyped = positions.filter(({ object }) => resolvesTypes.includes(String(object.__typename)));
  if (untyped.length === 0) return false;
  const noted = (run.state.untyped ??= new Map());
  for (const { object } of untyped) if (!noted.has(object)) noted.set(object, reason);
  return true;
}

/** The paths of all fields that the fetch did not write, at most `errorsMax`. */
function failedPaths(call: FetchCall, positions: readonly Position[], filled?: DeclaredNames): Path[] {
  const isMissing: IsMissing = (object, name) => filled?.get(object)?.has(name) !== true;
  return missingPaths(call, positions, isMissing);
}

/** The paths of the fields of the fetch that are null. */
function nullPaths(call: FetchCall, positions: readonly Position[]): Path[] {
  return missingPaths(call, positions, (object, name) => (object[name] ?? null) === null);
}

type IsMissing = (object: Data, name: string) => boolean;

function missingPaths(
  { run, fetch }: FetchCall,
  positions: readonly Position[],
  isMissing: IsMissing,
): Path[] {
  const paths: Path[] = [];
  for (const position of positions) {
    for (const written of fetch.writes) {
      if (!isMissing(position.object, written)) continue;
      if (paths.length >= run.limits.errorsMax) return paths;
      paths.push([...position.path, written]);
    }
  }
  return paths;
}

function pathsBelow({ fetch }: FetchCall, positions: readonly Position[], path: Path): Path[] {
  const written = rewrittenPath(fetch.node.outputRewrites, path);
  return positions.map((position) => [...position.path, ...written]);
}
