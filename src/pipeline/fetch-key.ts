import type { FetchNode } from './prepared.ts';

/**
 * Equal for the same operation to the same service, also across the parts of a split operation: fetches of entities with
 * equal keys share what was fetched. The planner gives otherwise equal fetches of one operation different names.
 */
export function fetchKey({ service, operation, operationName }: FetchNode): string {
  return `${service}\0${operationName === null ? operation : operation.replace(operationName, '')}`;
}
