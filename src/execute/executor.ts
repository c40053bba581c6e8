/**
 * Executes a prepared operation: compiled once, then the steps of the plan and the projection for each request.
 * Never throws because of a backend: each failure becomes an error of the answer, with its path.
 */

import type { Answer, AnswerError, CoercedVariables, Fallback } from '../pipeline/answer.ts';
import type { CostSpec, RefusedServices } from '../pipeline/cost.ts';
import type { IntrospectionSpec, PreparedOperation, ProjectionSpec } from '../pipeline/prepared.ts';
import type { RequestContext } from '../pipeline/request.ts';
import type { Authorized } from '../pipeline/stages.ts';
import type { Subgraph } from '../sources/source.ts';
import { locationsOf, toClientPaths } from './client-paths.ts';
import { compilePlan } from './compile-plan.ts';
import { EntityLoader } from './entity-loader.ts';
import type { Step } from './fetch.ts';
import type { Data } from './merge.ts';
import { compileProjection, type CompiledProjection } from './projection-code.ts';
import { compileHiddenMembers } from './hidden-members.ts';
import { compileServiceOf } from './field-services.ts';
import { type ClientPath, project } from './projection.ts';
import { compileDecisions, type Applied } from './apply-decisions.ts';
import type { ExecutionLimits, Report, Run, OperationState } from './run.ts';
import { generatedCode, plainCode } from './step-code.ts';

export interface ExecutableOperation {
  readonly prepared: PreparedOperation;
  /** For one more run. */
  readonly code: () => OperationCode;
  /** Null: nothing of it can be hidden from its client, or hidden members become null. */
  readonly dropHidden: ReturnType<typeof compileHiddenMembers>;
  /** Null: no guarded fields. */
  readonly applyDecisions: ReturnType<typeof compileDecisions>;
}

interface OperationCode {
  readonly plan: Step;
  /** Null: only the plain one. */
  readonly projection: CompiledProjection | null;
}

/** Many operations never come again, and to generate and compile code takes longer than to run the plain one once. */
const plainRunsDefault = 1;

/** @param plainRuns The first runs, for which no code is generated. Default: 1. */
export function compileOperation(
  prepared: PreparedOperation,
  plainRuns = plainRunsDefault,
): ExecutableOperation {
  return {
    prepared,
    code: codeOf(prepared, plainRuns),
    dropHidden: compileHiddenMembers(prepared.projection),
    applyDecisions: compileDecisions(prepared),
  };
}

function codeOf(prepared: PreparedOperation, plainRuns: number): () => OperationCode {
  let runs = 0;
  let code: OperationCode | undefined;
  return () => {
    if (!code || runs === plainRuns) {
      const isPlain = runs < plainRuns;
      code = {
        plan: compilePlan(prepared, isPlain ? plainCode : generatedCode),
        projection: isPlain ? null : compileProjection(prepared.projection),
      };
    }
    runs += 1;
    return code;
  };
}

export interface ExecutionTools {
  readonly subgraphs: ReadonlyMap<string, Subgraph>;
  readonly limits: ExecutionLimits;
  /** Answers `__schema` and `__type` where the answer depends on variables. */
  readonly introspect: (document: string, variables: CoercedVariables) => Promise<Data>;
  /** Services that are not asked. Undefined: all are. */
  readonly refusedServices: RefusedServicesOf | undefined;
}

type RefusedServicesOf = (
  cost: CostSpec,
  variables: CoercedVariables,
  context: RequestContext,
) => RefusedServices | undefined;

export async function execute(
  authorized: Authorized<ExecutableOperation>,
  tools: ExecutionTools,
): Promise<Answer> {
  const { operation, decisions } = authorized;
  const { variables, context, document } = authorized.prepared;
  const { prepared } = operation;
  const { subgraphs, limits, refusedServices } = tools;
  const state: OperationState = {
    calls: 0,
    entities: new EntityLoader(),
    variableTexts: new Map(),
    fallbacks: undefined,
    untyped: undefined,
  };
  const isMutation = prepared.kind === 'mutation';
  const run: Run = {
    data: {},
    isMutation,
    reports: [],
    explainedPaths: [],
    variables,
    document,
    context,
    subgraphs,
    limits,
    refused: refusedServices?.(prepared.cost, variables, context),
    state,
  };
  // Never rejects, so it may run while schema introspection is awaited.
  const { plan, projection } = operation.code();
  const execution = plan(run);
  let introspection = prepared.introspection
    ? await introspectionOf(prepared.introspection, variables, tools)
    : null;
  if (execution) await execution;
  operation.dropHidden?.(run);
  let denials: readonly AnswerError[] = [];
  if (operation.applyDecisions) {
    if (!decisions)
      throw new Error('An operation with guarded fields was executed without authorization decisions');
    ({ denials, introspection } = await operation.applyDecisions(run, decisions, introspection));
    decisions.reviewed();
  }
  if (run.reports.length === 0 && denials.length === 0) {
    const data = projection?.(run.data, variables, introspection);
    if (data) return withFallbacks({ data, errors: [] }, fallbacksIn(data, prepared, run));
  }
  const answer = projectWithErrors(prepared, run, { introspection, denials });
  return withFallbacks(answer, withoutDenied(fallbacksIn(answer.data, prepared, run), denials));
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
  { introspection, denials }: Applied,
): Answer {
  const spec = prepared.projection;
  const toClient = (path: ClientPath): ClientPath[] => toClientPaths(spec, run, path);
  const reports = distinct(run.reports.flatMap((report) => atClientPaths(report, toClient)));
  const errors = [...withoutDenied(reports, denials), ...denials];
  const explained = [
    ...errors.flatMap(({ path }) => (path ? [path] : [])),
    ...run.explainedPaths.flatMap(toClient),
  ];
  const { data, variables } = run;
  const serviceOf = compileServiceOf(prepared, run);
  const { untyped } = run.state;
  const projected = project({ spec, data, variables, introspection, explained, serviceOf, untyped });
  const listed = limited([...errors, ...projected.errors], run.limits.errorsMax);
  return { data: projected.data, errors: located(listed, spec, run) };
}

function located(errors: readonly AnswerError[], spec: ProjectionSpec, run: Run): AnswerError[] {
  if (errors.length === 0) return [];
  const positionOf = run.document?.positions();
  return errors.map((error) => {
    const prepared = error.path ? locationsOf(spec, run, error.path) : [];
    if (prepared.length === 0) return error;
    return { ...error, locations: positionOf ? prepared.map(positionOf) : prepared };
  });
}

/**
 * The error at each of its paths in the client's names. A path below the fields that the client selected is truncated,
 * and used only if no path is complete.
 */
function atClientPaths(
  { paths, ...error }: Report,
  toClient: (path: ClientPath) => readonly ClientPath[],
): AnswerError[] {
  const complete: ClientPath[] = [];
  const truncated: ClientPath[] = [];
  for (const path of paths) {
    for (const clientPath of toClient(path)) {
      if (clientPath.length === path.length) complete.push(clientPath);
      else if (clientPath.length > 0) truncated.push(clientPath);
    }
  }
  const clientPaths = complete.length > 0 ? complete : truncated;
  return clientPaths.length > 0 ? clientPaths.map((path) => ({ ...error, path })) : [error];
}

/** Errors and fallbacks of denied values must not be visible to the client. */
function withoutDenied<Item extends Pick<AnswerError, 'path'>>(
  items: readonly Item[],
  denials: readonly AnswerError[],
): readonly Item[] {
  if (denials.length === 0) return items;
  const denied = new Set(denials.map(({ path }) => JSON.stringify(path)));
  return items.filter(
    ({ path = [] }) => !path.some((_, i) => denied.has(JSON.stringify(path.slice(0, i + 1)))),
  );
}

const noFallbacks: readonly Fallback[] = [];

/** The fallback values that the client selected. */
function fallbacksIn(data: Answer['data'], { projection }: PreparedOperation, run: Run): readonly Fallback[] {
  if (!run.state.fallbacks) return noFallbacks;
  const unique = new Map<string, Fallback>();
  for (const fallback of run.state.fallbacks.marks) {
    for (const path of toClientPaths(projection, run, fallback.path)) {
      if (path.length === fallback.path.length && hasValueAt(data, path))
        unique.set(JSON.stringify(path), { ...fallback, path });
    }
  }
  return [...unique.values()];
}

/** Lists fallback values in the extensions of the answer. */
function withFallbacks(answer: Answer, fallbacks: readonly Fallback[]): Answer {
  return fallbacks.length === 0 ? answer : { ...answer, extensions: { fallbacks } };
}

/** False where null propagation has removed a parent. */
function hasValueAt(data: unknown, path: ReadonlyArray<string | number>): boolean {
  let value = data;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return false;
    value = (value as Record<string | number, unknown>)[key];
  }
  return true;
}

/** Truncated paths may coincide. */
function distinct(errors: readonly AnswerError[]): AnswerError[] {
  const unique = new Map<string, AnswerError>();
  for (const error of errors) {
    const key = JSON.stringify([error.path, error.service, error.code, error.message]);
    if (!unique.has(key)) unique.set(key, error);
  }
  return [...unique.values()];
}

function limited(errors: readonly AnswerError[], errorsMax: number): readonly AnswerError[] {
  if (errors.length <= errorsMax) return errors;
  const listed = errors.slice(0, errorsMax - 1);
  const message = `${errors.length - listed.length} more errors are not listed`;
  return [...listed, { message, code: 'TOO_MANY_ERRORS', fromBackend: false }];
}
