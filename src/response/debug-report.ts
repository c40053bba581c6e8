/**
 * What the holder of a debug token is told about a request (`extensions.debug`): the plan, what took how long, and why
 * fields are null. Nothing of other requests is in it.
 */

import type { Answer, AnswerError } from '../pipeline/answer.ts';
import type { DebugRecording, DebugReport, NullReport, PlanReport } from '../pipeline/debug.ts';
import type { FetchNode, PathStep, PlanNode, PreparedOperation } from '../pipeline/prepared.ts';
import type { RequestContext } from '../pipeline/request.ts';
import { errorPolicyFor, formatFieldError, scrub, type ErrorPolicy } from './graphql-errors.ts';

const nullsMax = 200;

export interface DebuggedAnswer {
  readonly context: RequestContext;
  readonly prepared: Pick<PreparedOperation, 'plan'>;
  readonly answer: Answer;
}

/** The same answer where the request has no debug token. */
export function withDebugReport({ context, prepared, answer }: DebuggedAnswer): Answer {
  const { debug } = context;
  if (!debug) return answer;
  const report = reportOf({ context, prepared, answer }, debug);
  return { ...answer, extensions: { ...answer.extensions, debug: report } };
}

function reportOf({ context, prepared, answer }: DebuggedAnswer, debug: DebugRecording): DebugReport {
  const { client, requestId, trace } = context;
  // A client with a contract must not learn from a plan what is hidden from it.
  const hidesDocuments = errorPolicyFor(client, passing).backendMessages === 'redact';
  const policy = errorPolicyFor(client, debug);
  return {
    requestId,
    traceId: trace.traceId,
    client: client.name,
    plan: prepared.plan && planReport(prepared.plan, hidesDocuments),
    spans: debug.report(),
    nulls: answer.errors.slice(0, nullsMax).map((error) => nullReport(error, requestId, policy)),
  };
}

const passing = { backendMessages: 'pass' } as const;

function nullReport(error: AnswerError, requestId: string, policy: ErrorPolicy): NullReport {
  const { message, extensions } = formatFieldError(error, { requestId }, policy);
  const { cause } = error;
  const isShown = policy.backendMessages === 'pass' && cause instanceof Error;
  const reason = isShown ? scrub(cause.message) : null;
  return {
    path: error.path ?? [],
    code: String(extensions['code']),
    service: error.service ?? null,
    message,
    // The message may have it already.
    reason: reason === message ? null : reason,
  };
}

function planReport(node: PlanNode, hidesDocuments: boolean): PlanReport {
  const below = (next: PlanNode): PlanReport => planReport(next, hidesDocuments);
  switch (node.kind) {
    case 'sequence':
    case 'parallel':
      return { kind: node.kind, steps: node.nodes.map(below) };
    case 'fetch':
      return { kind: 'fetch', ...fetchReport(node, hidesDocuments) };
    case 'flatten':
      return { ...below(node.node), ...(hidesDocuments ? {} : { path: pathText(node.path) }) };
    case 'condition': {
      const branches = [node.whenTrue, node.whenFalse].flatMap((branch) => (branch ? [below(branch)] : []));
      return { kind: 'condition', variable: node.variable, steps: branches };
    }
    case 'split': {
      const parts = [node.main, ...node.others.map((other) => other.node)];
      return { kind: 'parallel', steps: parts.flatMap((part) => (part ? [below(part)] : [])) };
    }
  }
}

function fetchReport({ service, operation, operationKind, requires }: FetchNode, hidesDocuments: boolean) {
  const what = { service, operationKind, isEntities: requires !== null };
  return hidesDocuments ? what : { ...what, operation };
}

function pathText(path: readonly PathStep[]): string {
  return path.map((step) => ('key' in step ? step.key : '@')).join('.');
}
