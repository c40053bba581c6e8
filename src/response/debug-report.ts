/**
 * What the holder of a debug token is told about a request (`extensions.debug`): the plan, what took how long, and why
 * fields are null. Nothing of other requests is in it.
 */

import type { Answer, AnswerError } from '../pipeline/answer.ts';
import type { DebugRecording, DebugReport, NullReport, PlanReport } from '../pipeline/debug.ts';
import type { FetchNode, PathStep, PlanNode, PreparedOperation } from '../pipeline/prepared.ts';
import { fetchNameOf, type ShapedDocument } from '../pipeline/shapes.ts';
import type { RequestContext } from '../pipeline/request.ts';
import { errorPolicyFor, formatFieldError, scrub, type ErrorPolicy } from './graphql-errors.ts';

const nullsMax = 200;

/** What is reported of the operation that was asked: `Prepared` of the stages has more. */
export interface AskedOperation {
  readonly operation: { readonly prepared: Pick<PreparedOperation, 'plan'> };
  readonly document: ShapedDocument | null;
}

export interface DebuggedAnswer {
  readonly context: RequestContext;
  readonly asked: AskedOperation;
  readonly answer: Answer;
}

/** The same answer where the request has no debug token. */
export function withDebugReport({ context, asked, answer }: DebuggedAnswer): Answer {
  const { debug } = context;
  if (!debug) return answer;
  const report = reportOf({ context, asked, answer }, debug);
  return { ...answer, extensions: { ...answer.extensions, debug: report } };
}

function reportOf({ context, asked, answer }: DebuggedAnswer, debug: DebugRecording): DebugReport {
  const { client, requestId, trace } = context;
  const { plan } = asked.operation.prepared;
  // A client with a contract must not learn from a plan what is hidden from it.
  const hidesDocuments = errorPolicyFor(client, passing).backendMessages === 'redact';
  const policy = errorPolicyFor(client, debug);
  return {
    requestId,
    traceId: trace.traceId,
    client: client.name,
    plan: plan && planReport(plan, { hidesDocuments, document: asked.document }),
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

interface PlanView extends Pick<AskedOperation, 'document'> {
  readonly hidesDocuments: boolean;
}

function planReport(node: PlanNode, view: PlanView): PlanReport {
  const below = (next: PlanNode): PlanReport => planReport(next, view);
  switch (node.kind) {
    case 'sequence':
    case 'parallel':
      return { kind: node.kind, steps: node.nodes.map(below) };
    case 'fetch':
      return { kind: 'fetch', ...fetchReport(node, view) };
    case 'flatten':
      return { ...below(node.node), ...(view.hidesDocuments ? {} : { path: pathText(node.path) }) };
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

function fetchReport(
  { service, operation, operationName, operationKind, requires }: FetchNode,
  { hidesDocuments, document }: PlanView,
) {
  const what = { service, operationKind, isEntities: requires !== null };
  if (hidesDocuments) return what;
  if (operationName === null) return { ...what, operation };
  return { ...what, operation: operation.replace(operationName, fetchNameOf(document, operationName)) };
}

function pathText(path: readonly PathStep[]): string {
  return path.map((step) => ('key' in step ? step.key : '@')).join('.');
}
