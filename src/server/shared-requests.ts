/**
 * Identical queries of clients that are in flight at the same time get one answer. Off by default.
 *
 * Keyed by the raw body and by whatever else can change the answer (`request-key.ts`). Only bodies that are known to be queries are
 * shared: the first of its kind is answered alone and says so. An answer with errors, which names the request it
 * belongs to, is nobody else's: the others then go on by themselves.
 */

import { LRUCache } from 'lru-cache';

import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import type { GraphInputs } from '../pipeline/answer-inputs.ts';
import type { Answered, Share } from '../pipeline/stages.ts';
import type { MutationCounter } from '../shared/mutation-counter.ts';
import { requestKey, type Asking } from './request-key.ts';

const bodiesMax = 10_000;
const bodyBytesMax = 16_384;
/** Of all bodies known to be queries. */
const knownBytesMax = 16_777_216;
/** Of deadlines: a request may have spent some time on finding out who it is from. */
const joinToleranceMs = 100;

/**
 * @param inputs Of the graph in place.
 * @returns null where the configuration does not want it.
 */
export function shareRequests(
  config: GatewayConfig,
  { mutations, inputs }: { readonly mutations: MutationCounter; readonly inputs: () => GraphInputs },
): Share | null {
  if (!config.sharing.requests) return null;
  const keyOf = requestKey(config);
  const shared = new SharedRequests({
    bodiesMax,
    bodyBytesMax,
    knownBytesMax,
    keyOf: (asked) => keyOf({ ...asked, graph: inputs(), mutations: mutations.value }),
    graphNumber: () => inputs().number,
  });
  return ({ arrived: { body, http }, context, mediaType }, answerAlone) =>
    body ? shared.answer(body, { context, http, mediaType }, answerAlone) : answerAlone();
}

export interface SharedRequestsOptions {
  /** Bodies known to be queries. */
  readonly bodiesMax: number;
  /** Larger bodies are not shared. */
  readonly bodyBytesMax: number;
  /** Of all bodies known to be queries. */
  readonly knownBytesMax: number;
  /** Of what besides the body can change the answer. */
  readonly keyOf: (asked: Asked) => string;
  /** Of the graph in place. */
  readonly graphNumber: () => number;
}

type Asked = Omit<Asking, 'graph' | 'mutations'>;

interface InFlight {
  readonly answer: Promise<Answered>;
  /** By then it is there, or has failed. */
  readonly deadlineAtMs: number;
}

export class SharedRequests {
  readonly #options: SharedRequestsOptions;
  readonly #queries: LRUCache<string, true>;
  readonly #inFlight = new Map<string, InFlight>();

  constructor(options: SharedRequestsOptions) {
    this.#options = options;
    this.#queries = new LRUCache({ max: options.bodiesMax, maxSize: options.knownBytesMax });
  }

  async answer(body: Buffer, asked: Asked, answerAlone: () => Promise<Answered>): Promise<Answered> {
    if (body.length > this.#options.bodyBytesMax) return answerAlone();
    const text = body.toString('latin1');
    if (!this.#queries.has(text)) return this.#learn(text, answerAlone);
    const { keyOf, graphNumber } = this.#options;
    const key = `${keyOf(asked)}${text}`;
    const { deadlineAtMs } = asked.context;
    const present = this.#inFlight.get(key);
    // One that may take longer than this request has would have it wait past its deadline.
    if (present && present.deadlineAtMs > deadlineAtMs + joinToleranceMs) return answerAlone();
    if (present) {
      const graph = graphNumber();
      const answer = await present.answer.catch(() => undefined);
      // What waited for its turn may have been answered by another graph, with labels of its own.
      return answer && isForOthers(answer) && graphNumber() === graph ? answer : answerAlone();
    }
    const answer = answerAlone().finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, { answer, deadlineAtMs });
    return answer;
  }

  async #learn(text: string, answerAlone: () => Promise<Answered>): Promise<Answered> {
    const answer = await answerAlone();
    if (answer.operationKind === 'query') this.#queries.set(text, true, { size: Math.max(1, text.length) });
    return answer;
  }
}

/** Errors name the request they belong to, and cookies are for the client that caused them. */
function isForOthers({ errors, headers, later }: Answered): boolean {
  return errors === 0 && headers['set-cookie'] === undefined && later === null;
}
