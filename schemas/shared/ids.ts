/** Which ids may be sent to a service. */

/**
 * Whether the shop could have made the id. Others cannot exist, and would break a batch with valid ids: a comma splits
 * an id in two, and a long id could exceed the service's limit on URLs.
 */
export function isValidId(id: string): boolean {
  return /^[\w-]{1,64}$/.test(id);
}
