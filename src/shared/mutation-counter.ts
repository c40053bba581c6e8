/**
 * Counts the mutations this process has begun. What is shared between requests is keyed by it, so that nobody who comes
 * after a mutation gets an answer that began before it. One for all subgraphs: what one changes may show in another.
 */
export class MutationCounter {
  value = 0;
  /** Tells the other processes of this gateway that a mutation has ended; it is answered once they know. */
  onEnded: (() => Promise<void>) | undefined;
}
