/**
 * Requests that wait for the planner: bounded for each client and in all, by number and by what they hold. Where there is
 * no room for all, it is the client with most of them that has one refused, so that nobody can crowd out others.
 */

import { createHash } from 'node:crypto';

import type { Read } from '../pipeline/stages.ts';
import { GatewayError } from '../shared/errors.ts';

export interface WaitingLimits {
  /** Requests of one client. */
  readonly perClientMax: number;
  /** Requests of all clients. */
  readonly max: number;
  /** Bodies of all those requests together. */
  readonly bytesMax: number;
}

export interface Wait<Result> {
  readonly answer: Promise<Result>;
  /** The request waits no longer, whether it has its answer or not. */
  leave(): void;
}

/** A request that waits. */
type Waiting = Pick<Read, 'context' | 'network' | 'request' | 'bodyBytes' | 'aside'>;

interface Entry {
  readonly client: string;
  readonly bytes: number;
  readonly refuse: (error: GatewayError) => void;
}

interface ClientEntries {
  /** The newest is the last. */
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

  /** Requests that wait. */
  get count(): number {
    return this.#count;
  }

  /**
   * @param begin Asks the planner in the turn of this client.
   * @throws {GatewayError} `PLANNING_QUOTA_EXCEEDED` where the client has too many waiting, `PLANNING_TIMEOUT` at the
   *   deadline of the request, `CANCELLED`, and whatever the answer is rejected with.
   */
  wait<Result>(read: Waiting, begin: (client: string) => Wait<Result>): Promise<Result> {
    return read.aside(this.#wait(read, begin));
  }

  async #wait<Result>(read: Waiting, begin: (client: string) => Wait<Result>): Promise<Result> {
    const { context, request, bodyBytes } = read;
    const { cancellation } = context;
    let refuse: Entry['refuse'] = () => {};
    const refused = new Promise<never>((_, reject) => (refuse = reject));
    const onCancelled = (reason: GatewayError): void => refuse(endOf(reason));
    const client = clientOf(read);
    const entry = { client, bytes: Math.max(bodyBytes, request.query.length), refuse };
    this.#enter(entry);
    let wait: Wait<Result> | undefined;
    try {
      cancellation.on(onCancelled);
      wait = this.#isIn(entry) && !cancellation.reason ? begin(client) : undefined;
      return await (wait ? Promise.race([wait.answer, refused]) : refused);
    } finally {
      cancellation.off(onCancelled);
      this.#leave(entry);
      // Nobody else may be waiting for how it ends.
      wait?.answer.catch(() => {});
      wait?.leave();
    }
  }

  #enter(entry: Entry): void {
    const { perClientMax, max, bytesMax } = this.#limits;
    const waiting = this.#clients.get(entry.client) ?? { entries: [], bytes: 0 };
    if (waiting.entries.length >= perClientMax) throw tooMany();
    this.#clients.set(entry.client, waiting);
    waiting.entries.push(entry);
    waiting.bytes += entry.bytes;
    this.#count += 1;
    this.#bytes += entry.bytes;
    while (this.#count > max) this.#refuseOneOf(({ entries }) => entries.length);
    while (this.#bytes > bytesMax) this.#refuseOneOf(({ bytes }) => bytes);
  }

  /** The newest of whoever has most. */
  #refuseOneOf(sizeOf: (waiting: ClientEntries) => number): void {
    let most: ClientEntries | undefined;
    for (const waiting of this.#clients.values()) {
      if (!most || sizeOf(waiting) > sizeOf(most)) most = waiting;
    }
    const newest = most?.entries.at(-1);
    if (!newest) throw new Error('More requests wait than there are');
    this.#leave(newest);
    newest.refuse(tooMany());
  }

  #isIn(entry: Entry): boolean {
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

/** Who a request is from where that is proven, else the network it comes from. */
function clientOf({ context: { principal }, network }: Waiting): string {
  if (principal.provenBy === 'none') return network();
  const { issuer, subject, client } = principal;
  return createHash('sha1')
    .update(JSON.stringify([issuer, subject, client]))
    .digest('base64');
}

function endOf(reason: GatewayError): GatewayError {
  if (reason.code !== 'SERVICE_TIMEOUT') return reason;
  return new GatewayError('PLANNING_TIMEOUT', 'The operation was not planned before the request had to end', {
    public: { retryAfter: 1 },
    cause: reason,
  });
}

function tooMany(): GatewayError {
  return new GatewayError(
    'PLANNING_QUOTA_EXCEEDED',
    'This client has too many new operations waiting to be planned; known ones are still answered',
    { public: { retryAfter: 1 } },
  );
}
