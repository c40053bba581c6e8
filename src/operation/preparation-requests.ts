/** What is asked of the planner for a request, and the key of its answer in the cache. */

import type { Contract } from '../pipeline/contract.ts';
import type { PreparationRequest } from '../pipeline/planning.ts';

type DocumentAndName = Pick<PreparationRequest, 'query' | 'operationName'>;
type Labels = readonly string[] | undefined;

export function planRequestOf(
  { query, operationName }: DocumentAndName,
  labels: Labels,
  contract: Contract | null,
): PreparationRequest {
  if (!contract) return labels === undefined ? { query, operationName } : { query, operationName, labels };
  return labels === undefined
    ? { query, operationName, contract }
    : { query, operationName, labels, contract };
}

/**
 * The cache key. The document comes last, because a comment may contain anything; the other parts are names, numbers and
 * JSON, which contain no NUL.
 */
export function keyOf({ contract, ...request }: PreparationRequest): string {
  return contract ? `${contract.id} ${keyWithoutContract(request)}` : keyWithoutContract(request);
}

function keyWithoutContract(request: Omit<PreparationRequest, 'contract'>): string {
  const { query, operationName, labels, conditions, denied, literals } = request;
  const name = operationName ?? '';
  if (!labels && !conditions && !denied && !literals) return `${name}\0${query}`;
  const resolved = conditions ? JSON.stringify(conditions) : '';
  // No document has the key of a shape: a shape is one, too.
  const shape = literals ? ` ${JSON.stringify(literals)}` : '';
  return `${name} ${labels?.join(',') ?? ''} ${resolved} ${denied?.join() ?? ''}${shape}\0${query}`;
}
