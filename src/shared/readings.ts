/**
 * Values that parts of the gateway can tell at any time, such as how many connections are open: they offer a function,
 * and `observe/` calls it when metrics are asked for. What happens is an event instead.
 */

export type ReadingName =
  /** Connections of clients that are open. */
  | 'connectionsOpen'
  /** Requests that are executed now; requests that wait for their turn. */
  | 'requestsExecuting'
  | 'requestsQueued'
  /** Operations in the cache, of all generations of the graph that are open. */
  | 'operationsCached'
  /** Requests that wait for the planner. */
  | 'requestsWaitingForPlan'
  /** Calls to a service that are under way, or wait for their turn. Label: service. */
  | 'callsInFlight'
  | 'callsQueued'
  /** State of a circuit breaker: 0 closed, 1 half-open, 2 open. Label: service. */
  | 'breakerState'
  /** When certificates of the listener expire, in seconds since the epoch. Label: which (`server`, `client-ca`). */
  | 'certificateExpiry'
  /** When the first of a client's API keys in a file expires, in seconds since the epoch. Label: client. */
  | 'apiKeyExpiry';

type Row = readonly [value: number, ...labels: string[]];
type Read = () => Iterable<Row>;

export class Readings {
  readonly #offers = new Map<ReadingName, Set<Read>>();

  /** @returns A function that withdraws it. */
  offer(name: ReadingName, read: Read): () => void {
    const all = this.#offers.get(name) ?? new Set();
    this.#offers.set(name, all.add(read));
    return () => void all.delete(read);
  }

  /** Of all that offer it. */
  *current(name: ReadingName): Iterable<Row> {
    for (const read of this.#offers.get(name) ?? []) yield* read();
  }

  /** The same, where several parts tell parts of one number. */
  sum(name: ReadingName): number {
    let sum = 0;
    for (const [value] of this.current(name)) sum += value;
    return sum;
  }
}
