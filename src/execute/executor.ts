/**
 * Runs a prepared operation: compiled once, then steps and projection for each request.
 * Never throws for what a backend does: every failure becomes an error of the answer, with its path.
 */

import type { Answer, AnswerError, CoercedVariables, Fallback } from '../pipeline/answer.ts';
import type { IntrospectionSpec, PreparedOperation, ProjectionSpec } from '../pipeline/prepared.ts';
import type { Authorized } from '../pipeline/stages.ts';
import type { Subgraph } from '../sources/source.ts';
import { locationsOf, toClientPath } from './client-paths.ts';
import { compilePlan } from './compile-plan.ts';
import { EntityLoader } from './entity-loader.ts';
import type { Step } from './fetch.ts';
import type { Data } from './merge.ts';
import { compileProjection, type CompiledProjection } from './projection-code.ts';
import { compileServiceOf } from './field-services.ts';
import { type ClientPath, project } from './projection.ts';
import { compileReview } from './review.ts';
import type { ExecutionLimits, Report, Run, SharedRun } from './run.ts';

export interface ExecutableOperation {
  readonly prepared: PreparedOperation;
  readonly plan: Step;
  readonly projection: CompiledProjection | null;
  /** Null: nothing is guarded. */
  readonly review: ReturnType<typeof compileReview>;
}

export function compileOperation(prepared: PreparedOperation): ExecutableOperation {
  return {
    prepared,
    plan: compilePlan(prepared),
    projection: compileProjection(prepared.projection),
    review: compileReview(prepared),
  };
}

export interface ExecutionTools {
  readonly subgraphs: ReadonlyMap<string, Subgraph>;
  readonly limits: ExecutionLimits;
  /** Answers `__schema` and `__type` where the answer depends on variables. */
  readonly introspect: (document: string, variables: CoercedVariables) => Promise<Data>;
}

export async function execute(
  authorized: Authorized<ExecutableOperation>,
  tools: ExecutionTools,
): Promise<Answer> {
  const { operation, decisions } = authorized;
  const { variables, context } = authorized.prepared;
  const { prepared } = operation;
  const { subgraphs, limits } = tools;
  const shared: SharedRun = {
    calls: 0,
    entities: new EntityLoader(),
    variableTexts: new Map(),
    fallbacks: undefined,
  };
  const isMutation = prepared.kind === 'mutation';
  const run: Run = {
    data: {},
    isMutation,
    reports: [],
    explained: [],
    variables,
    context,
    subgraphs,
    limits,
    shared,
  };
  // Never rejects, so it may be under way while the worker is asked about the schema.
  const executed = operation.plan(run);
  let introspection = prepared.introspection
    ? await introspectionOf(prepared.introspection, variables, tools)
    : null;
  if (executed) await executed;
  let denials: readonly AnswerError[] = [];
  if (operation.review) {
    if (!decisions) throw new Error('An operation that is guarded was executed without decisions');
    ({ denials, introspection } = await operation.review(run, decisions, introspection));
    decisions.reviewed();
  }
  if (run.reports.length === 0 && denials.length === 0) {
    const data = operation.projection?.(run.data, variables, introspection);
    if (data) return withMarks({ data, errors: [] }, prepared, run, denials);
  }
  return withMarks(projectWithErrors(prepared, run, introspection, denials), prepared, run, denials);
}

function introspectionOf(
  spec: IntrospectionSpec,
  variables: CoercedVariables,
  { introspect }: ExecutionTools,
): Data | Promise<Data> {
  return spec.kind === 'answer' ? spec.data : introspect(spec.document, variables);
}

function projectWithErrors(
  prepared: PreparedOperation,
  run: Run,
  introspection: Data | null,
  denials: readonly AnswerError[],
): Answer {
  const spec = prepared.projection;
  const toClient = (path: ClientPath): ClientPath => toClientPath(spec, run, path);
  const reports = distinct(run.reports.flatMap((report) => atClientPaths(report, toClient)));
  const errors = [...withoutDenied(reports, denials), ...denials];
  const explained = [...errors.flatMap(({ path }) => (path ? [path] : [])), ...run.explained.map(toClient)];
  const { data, variables } = run;
  const serviceOf = compileServiceOf(prepared, run);
  const projected = project({ spec, data, variables, introspection, explained, serviceOf });
  const told = capped([...errors, ...projected.errors], run.limits.errorsMax);
  return { data: projected.data, errors: told.map((error) => located(error, spec, run)) };
}

function located(error: AnswerError, spec: ProjectionSpec, run: Run): AnswerError {
  const locations = error.path ? locationsOf(spec, run, error.path) : [];
  return locations.length === 0 ? error : { ...error, locations };
}

/**
 * The error at each path that it has in the client's names. A path that leaves what the client asked for is cut, and
 * counts only where no other is whole.
 */
function atClientPaths(
  { paths, ...error }: Report,
  toClient: (path: ClientPath) => ClientPath,
): AnswerError[] {
  const whole: ClientPath[] = [];
  const cut: ClientPath[] = [];
  for (const path of paths) {
    const shown = toClient(path);
    if (shown.length === path.length) whole.push(shown);
    else if (shown.length > 0) cut.push(shown);
  }
  const shown = whole.length > 0 ? whole : cut;
  return shown.length > 0 ? shown.map((path) => ({ ...error, path })) : [error];
}

/** What happened to a value that the client may not see is not told. */
function withoutDenied<Told extends Pick<AnswerError, 'path'>>(
  told: readonly Told[],
  denials: readonly AnswerError[],
): readonly Told[] {
  if (denials.length === 0) return told;
  const denied = new Set(denials.map(({ path }) => JSON.stringify(path)));
  return told.filter(
    ({ path = [] }) => !path.some((_, i) => denied.has(JSON.stringify(path.slice(0, i + 1)))),
  );
}

/** Says which values of the answer are fallbacks, as far as the client asked for them. */
function withMarks(
  answer: Answer,
  { projection }: PreparedOperation,
  run: Run,
  denials: readonly AnswerError[],
): Answer {
  if (!run.shared.fallbacks) return answer;
  const seen = new Map<string, Fallback>();
  for (const fallback of run.shared.fallbacks.marks) {
    const path = toClientPath(projection, run, fallback.path);
    if (path.length === fallback.path.length && isThere(answer.data, path))
      seen.set(JSON.stringify(path), { ...fallback, path });
  }
  const fallbacks = withoutDenied([...seen.values()], denials);
  return fallbacks.length === 0 ? answer : { ...answer, extensions: { fallbacks } };
}

/** What it stood in may have become null. */
function isThere(data: unknown, path: ReadonlyArray<string | number>): boolean {
  let value = data;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return false;
    value = (value as Record<string | number, unknown>)[key];
  }
  return true;
}

/** Paths cut to what the client sees may coincide. */
function distinct(errors: readonly AnswerError[]): AnswerError[] {
  const seen = new Map<string, AnswerError>();
  for (const error of errors) {
    const key = JSON.stringify([error.path, error.service, error.code, error.message]);
    if (!seen.has(key)) seen.set(key, error);
  }
  return [...seen.values()];
}

function capped(errors: readonly AnswerError[], errorsMax: number): readonly AnswerError[] {
  if (errors.length <= errorsMax) return errors;
  const kept = errors.slice(0, errorsMax - 1);
  const message = `${errors.length - kept.length} more errors are not listed`;
  return [...kept, { message, code: 'TOO_MANY_ERRORS', fromBackend: false }];
}
