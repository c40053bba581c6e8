/**
 * Fetches each entity once per request. Fetches of the same fields from the same service are batched into one call per
 * tick, and reuse calls that are in flight or done (single-flight).
 *
 * Keyed by service, operation text and variables, then by representation. An entity that several fetches get is copied
 * for all but the first, because later steps may write different values at their paths.
 */

import { GatewayError } from '../shared/errors.ts';
import { isRecord } from '../shared/records.ts';
import type { SubgraphError, SubgraphResponse } from '../sources/source.ts';
import { copyOf, type Data } from './merge.ts';

/** Sends the representations (JSON text of a list). Rejects where the call failed. */
export type SendEntities = (representations: string) => Promise<SubgraphResponse>;

/** A fetch of the plan that waits for its entities. */
export interface EntityConsumer {
  /** The objects that each entity is merged into, by representation. */
  readonly targets: ReadonlyMap<string, readonly Data[]>;
  /** Takes ownership of `entity`. */
  take(targets: readonly Data[], entity: Data): void;
  /** The subgraph answered null: it has no such entity. */
  miss(targets: readonly Data[]): void;
  /** Errors in the answer to the representations `texts`. */
  report(errors: readonly EntityError[], texts: readonly string[]): void;
  /** The answer to `texts` is stale: the service is unavailable. */
  markStale(ageMs: number, texts: readonly string[]): void;
  /** The whole call for `texts` failed. `error` is undefined where its errors are reported one by one. */
  fail(error: unknown, texts: readonly string[]): void;
}

export interface EntityError {
  readonly error: SubgraphError;
  /** The objects of the entity that failed; undefined where the error names none. */
  readonly targets: readonly Data[] | undefined;
  /** Within the entity. */
  readonly path: ReadonlyArray<string | number>;
}

/** One call with several representations. */
interface Batch {
  readonly texts: string[];
  /** Never rejects. */
  readonly answer: Promise<BatchAnswer>;
  /** The entities of the answer have an owner, a consumer or another request: further consumers get copies. */
  owned: boolean;
}

type BatchAnswer = { readonly response: SubgraphResponse } | { readonly failure: unknown };

/** All calls of one request with the same key. */
interface Group {
  open: Batch | undefined;
  readonly byText: Map<string, Batch>;
}

export class EntityLoader {
  readonly #groups = new Map<string, Group>();

  /** Settles when every entity of `consumer` is merged or reported. Never rejects. */
  load(key: string, consumer: EntityConsumer, send: SendEntities): Promise<void> {
    let group = this.#groups.get(key);
    if (!group) this.#groups.set(key, (group = { open: undefined, byText: new Map() }));
    const batches = new Set<Batch>();
    for (const text of consumer.targets.keys()) {
      let batch = group.byText.get(text);
      if (!batch) {
        batch = group.open ?? this.#open(group, send);
        batch.texts.push(text);
        group.byText.set(text, batch);
      }
      batches.add(batch);
    }
    if (batches.size === 1) return settleWith(batches.values().next().value as Batch, consumer);
    return Promise.all([...batches].map((batch) => settleWith(batch, consumer))).then(noop);
  }

  /** Call it before a mutation, which may change entities. */
  clear(): void {
    this.#groups.clear();
  }

  #open(group: Group, send: SendEntities): Batch {
    const { promise, resolve } = Promise.withResolvers<BatchAnswer>();
    const batch: Batch = { texts: [], answer: promise, owned: false };
    group.open = batch;
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
}

async function settleWith(batch: Batch, consumer: EntityConsumer): Promise<void> {
  const answer = await batch.answer;
  if ('failure' in answer) {
    consumer.fail(answer.failure, batch.texts);
    return;
  }
  const { response } = answer;
  const entities = response.data?._entities;
  if (Array.isArray(entities) && entities.length === batch.texts.length) {
    if (response.shared) batch.owned = true;
    mergeEntities(batch, consumer, entities);
    if (response.stale) consumer.markStale(response.stale.ageMs, batch.texts);
  } else {
    consumer.fail(response.errors?.length ? undefined : wrongCount(batch.texts.length), batch.texts);
  }
  if (response.errors?.length) consumer.report(errorsFor(consumer, batch, response.errors), batch.texts);
}

function wrongCount(expected: number): GatewayError {
  return new GatewayError('SERVICE_BAD_RESPONSE', `Expected ${expected} entities from this service`);
}

function notAnEntity(): GatewayError {
  return new GatewayError(
    'SERVICE_BAD_RESPONSE',
    'Expected an object or null for each entity of this service',
  );
}

function mergeEntities(batch: Batch, consumer: EntityConsumer, entities: readonly unknown[]): void {
  const mayTake = !batch.owned;
  batch.owned = true;
  const unusable: string[] = [];
  for (let i = 0; i < entities.length; i += 1) {
    const text = batch.texts[i] as string;
    const targets = consumer.targets.get(text);
    if (!targets) continue;
    const entity = entities[i];
    if (isRecord(entity)) consumer.take(targets, mayTake ? entity : copyOf(entity));
    else if (entity === null) consumer.miss(targets);
    else unusable.push(text);
  }
  if (unusable.length > 0) consumer.fail(notAnEntity(), unusable);
}

/** Without the errors of entities that only other consumers requested. */
function errorsFor(
  consumer: EntityConsumer,
  batch: Batch,
  errors: readonly SubgraphError[],
): readonly EntityError[] {
  const relevant: EntityError[] = [];
  for (const error of errors) {
    const [first, index, ...path] = error.path ?? [];
    const text = first === '_entities' && typeof index === 'number' ? batch.texts[index] : undefined;
    const targets = text === undefined ? undefined : consumer.targets.get(text);
    if (targets) relevant.push({ error, targets, path });
    else if (text === undefined) relevant.push({ error, targets: undefined, path: [] });
  }
  return relevant;
}

function noop(): void {}
