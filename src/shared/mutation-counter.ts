/**
 * Counts mutations. It is part of the keys of everything that is shared between requests, so that a request after a
 * mutation never gets an answer that began before it. One counter for all subgraphs: a mutation in one may show in
 * another.
 */
export class MutationCounter {
  value = 0;
  /** Notifies the other processes of this gateway that a mutation has ended. Resolves once they know. */
  onEnded: (() => Promise<void>) | undefined;
}
