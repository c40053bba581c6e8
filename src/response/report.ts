/** Tells operators what an answer says of failures. */

import type { Answered } from '../pipeline/stages.ts';
import type { Events } from '../shared/events.ts';

export function reportAnswer(
  events: Events,
  { context, answer }: Pick<Answered, 'context' | 'answer'>,
): void {
  const { requestId } = context;
  for (const error of answer.errors) events.emit('fieldFailed', { requestId, error });
  const { fallbacks } = answer.extensions ?? {};
  if (fallbacks) events.emit('fallbacksServed', { requestId, fallbacks });
}
