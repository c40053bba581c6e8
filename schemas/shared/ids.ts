/** Which ids are worth asking a backend for. */

/**
 * Ids as the shop makes them. Any other cannot exist, and asking for it could spoil the batch of all the others: a
 * comma would make two ids of one, a kilobyte would exceed the service's limit on the address.
 */
export function isAskable(id: string): boolean {
  return /^[\w-]{1,64}$/.test(id);
}
