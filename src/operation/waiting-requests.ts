/**
 * Bounds the requests that wait for the planner, by number and by bytes, per client and in total. At a total limit, the
 * newest request of the client with the largest share is refused, so that no client can crowd out others.
 */

import { createHash } from 'node:crypto';

import type { Read } from '../pipeline/stages.ts';
import { GatewayError } from '../shared/errors.ts';

export interface WaitingLimits {
  /** Waiting requests of one client. */
  readonly perClientMax: number;
  /** Waiting requests of all clients. */
  readonly max: number;
  /** Total size of their bodies. */
  readonly bytesMax: number;
}

export interface Wait<Result> {
  readonly answer: Promise<Result>;
  /** The request stops waiting. @param reason Its deadline, or that its client left. Absent: it has an answer or was refused. */
  leave(reason?: GatewayError): void;
}

type WaitingRequest = Pick<Read, 'context' | 'network' | 'request' | 'bodyBytes' | 'aside'>;

interface Entry {
  readonly client: string;
  readonly bytes: number;
  readonly refuse: (error: GatewayError) => void;
}

interface ClientEntries {
  /** Oldest first. */
  readonly entries: Entry[];
  bytes: number;
}

export class WaitingRequests {
  readonly #limits: WaitingLimits;
  readonly #clients = new Map<string, ClientEntries>();
  #count = 0;
  #bytes = 0;

  constructor(limits: WaitingLimits) {
    this.#limits = limits;
  }

  /** Number of waiting requests. */
  get count(): number {
    return this.#count;
  }

  /**
   * @param begin Calls the planner in the turn of this client.
   * @throws {GatewayError} `PLANNING_QUOTA_EXCEEDED` where the client has too many waiting, `PLANNING_TIMEOUT` at the
   *   deadline of the request, `CANCELLED`, and what the answer rejects with.
   */
  wait<Result>(read: WaitingRequest, begin: (client: string) => Wait<Result>): Promise<Result> {
    return read.aside(read.context, this.#wait(read, begin));
  }

  async #wait<Result>(read: WaitingRequest, begin: (client: string) => Wait<Result>): Promise<Result> {
    const { context, request, bodyBytes } = read;
    const { cancellation } = context;
    let refuse: Entry['refuse'] = () => {};
    const refusal = new Promise<never>((_, reject) => (refuse = reject));
    let rejection: GatewayError | undefined;
    const onCancelled = (reason: GatewayError): void => refuse((rejection = toRejection(reason)));
    const client = clientOf(read);
    const entry = { client, bytes: Math.max(bodyBytes, request.query.length), refuse };
    this.#enter(entry);
    let wait: Wait<Result> | undefined;
    try {
      cancellation.on(onCancelled);
      wait = this.#isWaiting(entry) && !cancellation.reason ? begin(client) : undefined;
      return await (wait ? Promise.race([wait.answer, refusal]) : refusal);
    } finally {
      cancellation.off(onCancelled);
      this.#leave(entry);
      // Its rejection may have no other handler.
      wait?.answer.catch(() => {});
      wait?.leave(rejection);
    }
  }

  #enter(entry: Entry): void {
    const { perClientMax, max, bytesMax } = this.#limits;
    const waiting = this.#clients.get(entry.client) ?? { entries: [], bytes: 0 };
    if (waiting.entries.length >= perClientMax) throw quotaExceeded();
    this.#clients.set(entry.client, waiting);
    waiting.entries.push(entry);
    waiting.bytes += entry.bytes;
    this.#count += 1;
    this.#bytes += entry.bytes;
    while (this.#count > max) this.#refuseNewestOfLargest(({ entries }) => entries.length);
    while (this.#bytes > bytesMax) this.#refuseNewestOfLargest(({ bytes }) => bytes);
  }

  #refuseNewestOfLargest(measure: (waiting: ClientEntries) => number): void {
    let largest: ClientEntries | undefined;
    for (const waiting of this.#clients.values()) {
      if (!largest || measure(waiting) > measure(largest)) largest = waiting;
    }
    const newest = largest?.entries.at(-1);
    if (!newest) throw new Error('The count of waiting requests does not match the requests');
    this.#leave(newest);
    newest.refuse(quotaExceeded());
  }

  #isWaiting(entry: Entry): boolean {
    return this.#clients.get(entry.client)?.entries.includes(entry) === true;
  }

  #leave(entry: Entry): void {
    const waiting = this.#clients.get(entry.client);
    const index = waiting?.entries.indexOf(entry) ?? -1;
    if (!waiting || index < 0) return;
    waiting.entries.splice(index, 1);
    waiting.bytes -= entry.bytes;
    this.#count -= 1;
    this.#bytes -= entry.bytes;
    if (waiting.entries.length === 0) this.#clients.delete(entry.client);
  }
}

/** The authenticated principal; without one, the network that the request comes from. */
function clientOf({ context: { principal }, network }: WaitingRequest): string {
  if (principal.provenBy === 'none') return network();
  const { issuer, subject, client } = principal;
  return createHash('sha1')
    .update(JSON.stringify([issuer, subject, client]))
    .digest('base64');
}

function toRejection(reason: GatewayError): GatewayError {
  if (reason.code !== 'SERVICE_TIMEOUT') return reason;
  return new GatewayError(
    'PLANNING_TIMEOUT',
    'The operation was not planned before the deadline of the request: try again',
    {
      public: { retryAfter: 1 },
      cause: reason,
    },
  );
}

function quotaExceeded(): GatewayError {
  return new GatewayError(
    'PLANNING_QUOTA_EXCEEDED',
    'This client has too many new operations waiting to be planned; operations seen before are still answered',
    { public: { retryAfter: 1 } },
  );
}
