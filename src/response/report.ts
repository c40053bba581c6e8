/** Emits events for field errors and fallbacks of an answer. */

import type { Executed } from '../pipeline/stages.ts';
import type { Events } from '../shared/events.ts';

export function reportAnswer(
  events: Events,
  { context, answer }: Pick<Executed, 'context' | 'answer'>,
): void {
  const { requestId } = context;
  if (answer.errors.length > 0) events.emit('fieldsFailed', { requestId, errors: answer.errors });
  const { fallbacks } = answer.extensions ?? {};
  if (fallbacks) events.emit('fallbacksServed', { requestId, fallbacks });
}
