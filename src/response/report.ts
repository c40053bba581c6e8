/** Emits events for field errors and fallbacks of an answer, and tells in the answer what a debug token asks for. */

import type { Answer } from '../pipeline/answer.ts';
import type { RequestContext } from '../pipeline/request.ts';
import type { Events } from '../shared/events.ts';
import { withDebugReport, type AskedOperation } from './debug-report.ts';

export interface ReportedAnswer {
  readonly context: RequestContext;
  /** As the client sent it, including denied fields. */
  readonly asked: AskedOperation;
  readonly answer: Answer;
}

export function reportAnswer(events: Events, { context, asked, answer }: ReportedAnswer): Answer {
  const { requestId } = context;
  if (answer.errors.length > 0) events.emit('fieldsFailed', { requestId, errors: answer.errors });
  const { fallbacks } = answer.extensions ?? {};
  if (fallbacks) events.emit('fallbacksServed', { requestId, fallbacks });
  return withDebugReport({ context, asked, answer });
}
