/** What is told of an operation beside its answer. */

import type { GraphInputs } from '../pipeline/answer-inputs.ts';
import type { PreparedOperation } from '../pipeline/prepared.ts';
import type { Executed, Keep } from '../pipeline/stages.ts';

/** @param operation As it was asked, with what was denied of it. */
export function outlineOf(
  operation: Pick<PreparedOperation, 'kind' | 'name' | 'checks'>,
  graph: Pick<GraphInputs, 'hasOpenLabels'>,
): Pick<Executed, 'kind' | 'name' | 'keep'> {
  const { kind, name } = operation;
  return { kind, name, keep: keepOf(operation, graph) };
}

function keepOf(
  { kind, checks }: Pick<PreparedOperation, 'kind' | 'checks'>,
  { hasOpenLabels }: Pick<GraphInputs, 'hasOpenLabels'>,
): Keep {
  // Nobody can tell by what labels hold for a request.
  if (kind !== 'query' || hasOpenLabels) return 'nobody';
  return checks ? 'client' : 'allowed';
}
