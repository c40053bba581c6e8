/** Holds the documents of new operations to the limits, or reports those over a limit where they are only measured. */

import { guardCeilings, type GuardLimits } from '../../config/gateway/guard-limits.ts';
import type { LimitsConfig } from '../../config/gateway/limits.ts';
import type { Read } from '../../pipeline/stages.ts';
import type { Events } from '../../shared/events.ts';
import { assertWithinLimits, guardDocument } from './guard.ts';

/** @returns A function that throws as `assertWithinLimits`. */
export function documentGuard(
  limits: GuardLimits & Pick<LimitsConfig, 'documentMode'>,
  events: Events,
): (read: Pick<Read, 'request' | 'context'>) => void {
  if (limits.documentMode === 'enforce') return ({ request }) => assertWithinLimits(request.query, limits);
  return ({ request, context: { requestId, client } }) => {
    const verdict = guardDocument(request.query, limits);
    if (verdict.is !== 'refused') return;
    // Beyond these parsing and planning would end the process.
    assertWithinLimits(request.query, guardCeilings);
    if (!verdict.exceeded) throw verdict.error;
    const { name, actual } = verdict.exceeded;
    events.emit('limitMeasured', {
      requestId,
      client: client.name,
      limit: name,
      max: limits[name],
      actual,
    });
  };
}
