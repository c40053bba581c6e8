/** Kind and cacheability of an answer, from its operation. */

import type { GraphInputs } from '../pipeline/answer-inputs.ts';
import type { PreparedOperation } from '../pipeline/prepared.ts';
import type { RequestContext } from '../pipeline/request.ts';
import type { Executed, Keep } from '../pipeline/stages.ts';

/** @param operation As the client sent it, including denied fields. */
export function answerMetadata(
  operation: Pick<PreparedOperation, 'kind' | 'checks'>,
  graph: Pick<GraphInputs, 'hasOpenLabels'>,
  { debug }: Pick<RequestContext, 'debug'>,
): Pick<Executed, 'kind' | 'keep'> {
  return { kind: operation.kind, keep: debug ? 'nobody' : keepOf(operation, graph) };
}

function keepOf(
  { kind, checks }: Pick<PreparedOperation, 'kind' | 'checks'>,
  { hasOpenLabels }: Pick<GraphInputs, 'hasOpenLabels'>,
): Keep {
  // Open labels depend on the request in ways that no `vary` header names.
  if (kind !== 'query' || hasOpenLabels) return 'nobody';
  return checks ? 'client' : 'allowed';
}
