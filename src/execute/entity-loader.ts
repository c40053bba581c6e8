/**
 * Fetches each entity once per request. Fetches of the same fields from the same service are batched into one call per
 * tick, and reuse calls that are in flight or done (single-flight).
 *
 * Keyed by service, operation text and variables, then by representation. An entity that several fetches of a plan may get
 * is copied for each, because later steps may write different values at their paths.
 */

import { GatewayError } from '../shared/errors.ts';
import { isRecord } from '../shared/records.ts';
import type { SubgraphError, SubgraphResponse } from '../sources/source.ts';
import type { Entities } from './entities.ts';
import { copyOf, type Data } from './merge.ts';

/** Sends the representations (JSON text of a list). Rejects where the call failed. */
export type SendEntities = (representations: string) => Promise<SubgraphResponse>;

/** A fetch of the plan that waits for its entities. It knows them by their index in `entities`. */
export interface EntityConsumer {
  readonly entities: Entities;
  /** Other consumers may ask for the same entities later, and must not see what was merged into them. */
  readonly isRepeated: boolean;
  /** Takes ownership of `entity`. */
  take(index: number, entity: Data): void;
  /** The subgraph answered null: it has no such entity. */
  miss(index: number): void;
  /** Errors in the answer to these entities. */
  report(errors: readonly EntityError[], indexes: readonly number[]): void;
  /** The answer to these entities is stale: the service is unavailable. */
  markStale(ageMs: number, indexes: readonly number[]): void;
  /** The whole call for these entities failed. `error` is undefined where its errors are reported one by one. */
  fail(error: unknown, indexes: readonly number[]): void;
}

export interface EntityError {
  readonly error: SubgraphError;
  /** Of the entity that failed; undefined where the error names none. */
  readonly index: number | undefined;
  /** Within the entity. */
  readonly path: ReadonlyArray<string | number>;
}

/** One call with several representations. */
interface Batch {
  readonly texts: string[];
  /** Never rejects. */
  readonly answer: Promise<BatchAnswer>;
  /** The entities of the answer have an owner, a consumer or another request, or may get one: consumers get copies. */
  owned: boolean;
}

type BatchAnswer = { readonly response: SubgraphResponse } | { readonly failure: unknown };

/** All calls of one request with the same key. */
interface Group {
  open: Batch | undefined;
  readonly batches: Batch[];
  /** By representation. Made for the second consumer: most groups have one. */
  places: Map<string, Place> | undefined;
}

/** Where an entity is fetched. */
interface Place {
  readonly batch: Batch;
  readonly index: number;
}

/** What one consumer gets of one batch. */
interface Share {
  readonly batch: Batch;
  readonly consumer: EntityConsumer;
  /** Indexes of its entities, and at the same positions those in the batch. Undefined: all, and they are the same. */
  readonly some: { readonly own: number[]; readonly inBatch: number[] } | undefined;
}

export class EntityLoader {
  readonly #groups = new Map<string, Group>();

  /** Settles when every entity of `consumer` is merged or reported. Never rejects. */
  load(key: string, consumer: EntityConsumer, send: SendEntities): Promise<void> {
    const { texts } = consumer.entities;
    if (texts.length === 0) return Promise.resolve();
    const group = this.#groups.get(key);
    if (!group) {
      const first: Group = { open: undefined, batches: [], places: undefined };
      this.#groups.set(key, first);
      return settle({ batch: openBatch(first, [...texts], send), consumer, some: undefined });
    }
    const shares = sharesOf(group, consumer, send);
    if (shares.length === 1) return settle(shares[0] as Share);
    return Promise.all(shares.map(settle)).then(noop);
  }

  /** Call it before a mutation, which may change entities. */
  clear(): void {
    this.#groups.clear();
  }
}

/** @param texts Grows until it is sent. */
function openBatch(group: Group, texts: string[], send: SendEntities): Batch {
  const { promise, resolve } = Promise.withResolvers<BatchAnswer>();
  const batch: Batch = { texts, answer: promise, owned: false };
  group.open = batch;
  group.batches.push(batch);
  // Later in this tick, when every step has added its entities.
  queueMicrotask(() => {
    group.open = undefined;
    send(`[${batch.texts.join(',')}]`).then(
      (response) => resolve({ response }),
      (failure: unknown) => resolve({ failure }),
    );
  });
  return batch;
}

/** Adds what no call of the group fetches yet to the one that is still open. */
function sharesOf(group: Group, consumer: EntityConsumer, send: SendEntities): Share[] {
  const places = (group.places ??= placesIn(group.batches));
  const shares: Share[] = [];
  for (const [own, text] of consumer.entities.texts.entries()) {
    let place = places.get(text);
    if (!place) {
      const batch = group.open ?? openBatch(group, [], send);
      place = { batch, index: batch.texts.length };
      batch.texts.push(text);
      places.set(text, place);
    }
    const { batch, index } = place;
    const share = shares.find((one) => one.batch === batch);
    if (share) {
      share.some?.own.push(own);
      share.some?.inBatch.push(index);
    } else shares.push({ batch, consumer, some: { own: [own], inBatch: [index] } });
  }
  return shares;
}

function placesIn(batches: readonly Batch[]): Map<string, Place> {
  const places = new Map<string, Place>();
  for (const batch of batches)
    for (const [index, text] of batch.texts.entries()) places.set(text, { batch, index });
  return places;
}

async function settle(share: Share): Promise<void> {
  const { batch, consumer } = share;
  const answer = await batch.answer;
  if ('failure' in answer) {
    consumer.fail(answer.failure, ownIndexes(share));
    return;
  }
  const { response } = answer;
  const entities = response.data?._entities;
  if (Array.isArray(entities) && entities.length === batch.texts.length) {
    if (response.shared || consumer.isRepeated) batch.owned = true;
    mergeEntities(share, entities);
    if (response.stale) consumer.markStale(response.stale.ageMs, ownIndexes(share));
  } else {
    consumer.fail(response.errors?.length ? undefined : wrongCount(batch, entities), ownIndexes(share));
  }
  if (response.errors?.length) consumer.report(errorsFor(share, response.errors), ownIndexes(share));
}

function ownIndexes({ consumer, some }: Share): readonly number[] {
  return some?.own ?? [...consumer.entities.texts.keys()];
}

function wrongCount({ texts: { length } }: Batch, entities: unknown): GatewayError {
  const expected = length === 1 ? '1 entity' : `${length} entities`;
  const answered = Array.isArray(entities) ? String(entities.length) : 'no list';
  return new GatewayError('SERVICE_BAD_RESPONSE', `Expected ${expected} from this service, got ${answered}`);
}

function notAnEntity(): GatewayError {
  return new GatewayError(
    'SERVICE_BAD_RESPONSE',
    'Expected an object or null for each entity of this service',
  );
}

function mergeEntities({ batch, consumer, some }: Share, entities: readonly unknown[]): void {
  const mayTake = !batch.owned;
  batch.owned = true;
  const unusable: number[] = [];
  const count = some ? some.own.length : consumer.entities.texts.length;
  for (let i = 0; i < count; i += 1) {
    const own = some ? (some.own[i] as number) : i;
    const entity = entities[some ? (some.inBatch[i] as number) : i];
    if (isRecord(entity)) consumer.take(own, mayTake ? entity : copyOf(entity));
    else if (entity === null) consumer.miss(own);
    else unusable.push(own);
  }
  if (unusable.length > 0) consumer.fail(notAnEntity(), unusable);
}

/** Without the errors of entities that only other consumers requested. */
function errorsFor(share: Share, errors: readonly SubgraphError[]): readonly EntityError[] {
  const { batch, some, consumer } = share;
  const relevant: EntityError[] = [];
  for (const error of errors) {
    const [first, inBatch, ...path] = error.path ?? [];
    if (first !== '_entities' || typeof inBatch !== 'number' || batch.texts[inBatch] === undefined) {
      relevant.push({ error, index: undefined, path: [] });
      continue;
    }
    const own = some ? some.own[some.inBatch.indexOf(inBatch)] : inBatch;
    if (own !== undefined && own < consumer.entities.texts.length) relevant.push({ error, index: own, path });
  }
  return relevant;
}

function noop(): void {}
