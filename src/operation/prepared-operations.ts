/**
 * The cache of prepared operations of one supergraph: one map look-up for an operation seen before, and a single-flight
 * preparation for concurrent requests for a new one.
 */

import { LRUCache } from 'lru-cache';

import type { CoercedVariables } from '../pipeline/answer.ts';
import type { PreparationRequest, Turn } from '../pipeline/planning.ts';
import type {
  PreparationRefusal,
  PreparationResult,
  PreparedOperation,
  ShapeResult,
} from '../pipeline/prepared.ts';
import type { RequestContext } from '../pipeline/request.ts';
import { prepared, type OperationLimited, type Prepared, type Read } from '../pipeline/stages.ts';
import { monotonicClock } from '../shared/clock.ts';
import { GatewayError } from '../shared/errors.ts';
import { parseJson } from '../shared/exact-json.ts';
import { during } from '../shared/trace.ts';
import { assertAllowed, coerced, fittingVariables, variablesIfFitting } from './fitting.ts';
import { PendingPreparations } from './pending-preparations.ts';
import { keyOf, planRequestOf } from './preparation-requests.ts';
import { operationRefused } from './refused.ts';
import type { ShapedDocuments, TextOfShape } from './shapes/shaped-documents.ts';
import { variableCoercion, type CoerceVariables } from './variables.ts';
import type { WaitingRequests } from './waiting-requests.ts';

/** Variables of `@skip` and `@include` that are true. */
type Conditions = readonly string[];

export interface PreparedOperationsOptions<Executable extends { readonly prepared: PreparedOperation }> {
  /**
   * Calls the planner, which returns a `PreparationResult` as JSON text, of a shape a `ShapeResult`. Default of `turn`:
   * the gateway's own.
   */
  readonly prepare: (request: PreparationRequest, turn?: Turn) => Promise<string>;
  /** Called once per operation. */
  readonly compile: (prepared: PreparedOperation) => Executable;
  /** Throws where a new operation may not be prepared for this request. */
  readonly admit: (read: Read) => void;
  /** Bounds the requests that wait for the planner. */
  readonly waiting: WaitingRequests;
  /** Labels of `@override` in the supergraph, and which are active for a request. Absent: there are none. */
  readonly labels?:
    | {
        readonly names: readonly string[];
        readonly activeFor: (context: RequestContext) => readonly string[];
      }
    | undefined;
  /** Null: each document is an operation of its own. */
  readonly documents?: ShapedDocuments | null;
  /** An operation was looked up for a request. */
  readonly onLookUp?: (found: LookUp) => void;
  /** The operation of a request is prepared, and its variables fit. */
  readonly onPrepared?: (prepared: Prepared<Executable>) => void;
  readonly entriesMax: number;
  readonly bytesMax: number;
  /** Variants of one operation, each without the fields of other denied checks. Default: 0. */
  readonly variantsMax?: number;
}

/** `shape`: the document is new, and its shape is not. */
export type LookUp = 'hit' | 'shape' | 'miss';

type CacheEntry<Executable> =
  | {
      readonly is: 'ready';
      readonly operation: Executable;
      readonly request: PreparationRequest;
      readonly coerce: CoerceVariables;
      uses: number;
    }
  | {
      readonly is: 'conditional';
      readonly conditionVariables: readonly string[];
      readonly coerce: CoerceVariables;
    }
  | { readonly is: 'refused'; readonly refusal: PreparationRefusal }
  /** Of a shape: these literals are no variables. */
  | { readonly is: 'partly literal'; readonly numbers: readonly number[] }
  /** Of a shape: its documents are prepared each by itself. */
  | { readonly is: 'unshaped' };

type ReadyEntry<Executable> = Extract<CacheEntry<Executable>, { readonly is: 'ready' }>;

/** An operation as it was requested, and the cache keys of its variants without denied fields. */
interface Variants {
  readonly request: PreparationRequest;
  readonly keys: Set<string>;
}

/** Memory of the compiled code and the parsed plan, per byte of the planner's JSON. */
const memoryPerByte = 4;

export class PreparedOperations<Executable extends { readonly prepared: PreparedOperation }> {
  readonly #options: PreparedOperationsOptions<Executable>;
  readonly #cache: LRUCache<string, CacheEntry<Executable>>;
  /** Only for operations with checks. */
  readonly #variants = new WeakMap<Executable, Variants>();
  readonly #pending = new PendingPreparations<CacheEntry<Executable>>();

  constructor(options: PreparedOperationsOptions<Executable>) {
    this.#options = options;
    this.#cache = new LRUCache({ max: options.entriesMax, maxSize: options.bytesMax });
  }

  /**
   * Synchronous for an operation in the cache.
   *
   * @throws {GatewayError} When the document or the variables are not acceptable.
   * @throws {GatewayError} `PLANNING_TIMEOUT` and any other error of the planner or of `admit`.
   */
  prepare(read: Read): Prepared<Executable> | Promise<Prepared<Executable>> {
    const request = this.#requestOf(read);
    const key = keyOf(request);
    const entry = this.#cache.get(key);
    if (entry?.is === 'ready') {
      this.#options.onLookUp?.('hit');
      return this.#preparedFrom(read, entry);
    }
    return (entry ? undefined : this.#prepareShape(read, key, request)) ?? this.#prepareNew(read, request);
  }

  /** Undefined: the document has no shape, or its literals do not fit. */
  #prepareShape(
    read: Read,
    key: string,
    request: PreparationRequest,
  ): Prepared<Executable> | Promise<Prepared<Executable>> | undefined {
    const { documents, onLookUp } = this.#options;
    const known = documents?.known(key);
    const document = known ?? documents?.read(key, request);
    if (!document) return undefined;
    const entry = this.#shared(document);
    if (entry?.is !== 'ready') return this.#prepareNewShape(read, request, document);
    assertAllowed(read, entry);
    const variables = variablesIfFitting(entry, read, document);
    if (!variables) return undefined;
    onLookUp?.(known ? 'hit' : 'shape');
    return this.#prepared(read, { entry, document }, variables);
  }

  /** The operation of its shape, as far as it is known. */
  #shared(document: TextOfShape): CacheEntry<Executable> | undefined {
    const entry = this.#cache.get(keyOf(document.request));
    if (entry?.is !== 'partly literal') return entry;
    return this.#cache.get(keyOf(document.keep(entry.numbers)));
  }

  /** Operations in the cache. */
  get size(): number {
    return this.#cache.size;
  }

  /** Puts the operation into the cache. Throws what `prepare` throws where it is not acceptable. */
  async ready(read: Read): Promise<void> {
    const request = this.#requestOf(read);
    const key = keyOf(request);
    const { documents } = this.#options;
    const document = this.#cache.has(key) ? null : (documents?.known(key) ?? documents?.read(key, request));
    const shared = document && (await this.#resolvedShape(read, document));
    if (shared && variablesIfFitting(shared, read, document)) return;
    const entry = await this.#resolved(read, request);
    if (entry.is === 'refused') throw toError(entry.refusal);
  }

  #preparedFrom(read: Read, entry: ReadyEntry<Executable>): Prepared<Executable> {
    assertAllowed(read, entry);
    return this.#prepared(read, { entry, document: null }, fittingVariables(entry, read));
  }

  #prepared(
    read: Read,
    { entry, document }: { readonly entry: ReadyEntry<Executable>; readonly document: TextOfShape | null },
    variables: CoercedVariables,
  ): Prepared<Executable> {
    entry.uses += 1;
    const result = prepared(read, { operation: entry.operation, document }, variables);
    this.#options.onPrepared?.(result);
    return result;
  }

  #requestOf({ request, context }: Read): PreparationRequest {
    return planRequestOf(request, this.#options.labels?.activeFor(context), context.client.contract);
  }

  /**
   * The same operation without the fields that these checks guard.
   *
   * @returns undefined where there are too many variants of it already.
   */
  without(
    prepared: OperationLimited<Executable>,
    denied: readonly number[],
  ): Executable | Promise<Executable | undefined> | undefined {
    const base = this.#variants.get(prepared.operation);
    if (!base) return undefined;
    const variant = { ...base.request, denied };
    const key = keyOf(variant);
    const entry = this.#cache.get(key);
    if (entry?.is === 'ready') return entry.operation;
    if (!base.keys.has(key) && base.keys.size >= (this.#options.variantsMax ?? 0)) return undefined;
    base.keys.add(key);
    return this.#prepareVariant(prepared.read, key, variant);
  }

  async #prepareVariant(
    read: Read,
    key: string,
    request: PreparationRequest,
  ): Promise<Executable | undefined> {
    const entry = await this.#entryFor(read, key, request);
    if (entry.is === 'refused') throw toError(entry.refusal);
    return entry.is === 'ready' ? entry.operation : undefined;
  }

  /** The most used operations, most used first. Without variants, which depend on the principal and on the policy. */
  hottest(count: number): PreparationRequest[] {
    const ready = [...this.#cache.values()].filter(
      (entry) => entry.is === 'ready' && entry.request.denied === undefined,
    ) as Array<Extract<CacheEntry<Executable>, { is: 'ready' }>>;
    return ready
      .toSorted((a, b) => b.uses - a.uses)
      .slice(0, count)
      .map(({ request }) => request);
  }

  /**
   * Prepares operations one after another, so that requests are not delayed.
   *
   * @param msMax After this time those that are left are prepared when they are requested.
   * @returns How many were tried.
   */
  async warmAll(requests: readonly PreparationRequest[], msMax: number): Promise<number> {
    const endMs = monotonicClock() + msMax;
    let count = 0;
    for (const request of requests) {
      if (monotonicClock() >= endMs) break;
      // An operation that can no longer be prepared is refused when it is requested.
      await this.warm(request).catch(() => {});
      count += 1;
    }
    return count;
  }

  /** Prepares an operation before it is requested. One that is no longer valid is no error here. */
  async warm(request: PreparationRequest): Promise<void> {
    const { query, operationName, conditions, literals, contract = null } = request;
    // The labels may be those of another supergraph.
    const labels = this.#options.labels?.names.filter((name) => request.labels?.includes(name));
    const plain = planRequestOf({ query, operationName }, labels, contract);
    let open = literals ? { ...plain, literals: [] as typeof literals } : plain;
    let entry = await this.#prepare(keyOf(open), open);
    if (entry.is === 'partly literal' && literals) {
      const { numbers } = entry;
      open = { ...plain, literals: literals.filter(([number]) => numbers.includes(number)) };
      if (open.literals?.length !== numbers.length) return;
      entry = await this.#prepare(keyOf(open), open);
    }
    if (!conditions || entry.is !== 'conditional') return;
    const resolved = { ...open, conditions };
    await this.#prepare(keyOf(resolved), resolved);
  }

  /** By its text, if its shape is of no use. */
  async #prepareNewShape(
    read: Read,
    request: PreparationRequest,
    document: TextOfShape,
  ): Promise<Prepared<Executable>> {
    const entry = await this.#resolvedShape(read, document);
    if (!entry) return this.#prepareNew(read, request);
    assertAllowed(read, entry);
    const variables = variablesIfFitting(entry, read, document);
    if (!variables) return this.#prepareNew(read, request);
    this.#options.onLookUp?.('miss');
    return this.#prepared(read, { entry, document }, variables);
  }

  async #resolvedShape(read: Read, document: TextOfShape): Promise<ReadyEntry<Executable> | undefined> {
    const limits = read.limits?.checkDeferred();
    if (limits) await limits;
    const entryFor = (request: PreparationRequest) => this.#entryFor(read, keyOf(request), request);
    let entry = await entryFor(document.request);
    if (entry.is === 'partly literal') entry = await entryFor(document.keep(entry.numbers));
    if (entry.is === 'conditional') {
      const coercion = entry.coerce(read.request.variables, document.literals);
      if ('errors' in coercion) return undefined;
      entry = await entryFor({ ...document.request, conditions: trueOnes(entry, coercion.variables) });
    }
    return entry.is === 'ready' ? entry : undefined;
  }

  async #prepareNew(read: Read, request: PreparationRequest): Promise<Prepared<Executable>> {
    this.#options.onLookUp?.('miss');
    const entry = await this.#resolved(read, request);
    if (entry.is === 'refused') throw toError(entry.refusal);
    return this.#preparedFrom(read, entry);
  }

  async #resolved(
    read: Read,
    open: PreparationRequest,
  ): Promise<Extract<CacheEntry<Executable>, { is: 'ready' | 'refused' }>> {
    const limits = read.limits?.checkDeferred();
    if (limits) await limits;
    let entry = await this.#entryFor(read, keyOf(open), open);
    if (entry.is === 'conditional') {
      const variables = coerced(entry.coerce, read.request.variables);
      const resolved = { ...open, conditions: trueOnes(entry, variables) };
      entry = await this.#entryFor(read, keyOf(resolved), resolved);
    }
    if (entry.is === 'ready' || entry.is === 'refused') return entry;
    throw new Error(`An operation by its text and its conditions is ${entry.is}`);
  }

  #entryFor(
    read: Read,
    key: string,
    request: PreparationRequest,
  ): CacheEntry<Executable> | Promise<CacheEntry<Executable>> {
    const entry = this.#cache.get(key);
    if (entry) return entry;
    const { admit, waiting } = this.#options;
    admit(read);
    return during(read.context, 'plan', () =>
      waiting.wait(read, (client) =>
        this.#pending.join({ client, key }, (turn) => this.#prepare(key, request, turn)),
      ),
    );
  }

  async #prepare(key: string, request: PreparationRequest, turn?: Turn): Promise<CacheEntry<Executable>> {
    const json = await this.#options.prepare(request, turn);
    // The same operation may have been prepared for another client meanwhile.
    const previous = this.#cache.get(key);
    if (previous) return previous;
    const entry = this.#toEntry(parseJson(json) as PreparationResult | ShapeResult, request);
    if (entry.is === 'ready' && entry.operation.prepared.checks && request.denied === undefined) {
      this.#variants.set(entry.operation, { request, keys: new Set() });
    }
    this.#cache.set(key, entry, { size: json.length * memoryPerByte + key.length * 2 });
    return entry;
  }

  #toEntry(result: PreparationResult | ShapeResult, request: PreparationRequest): CacheEntry<Executable> {
    if ('prepared' in result) {
      const operation = this.#options.compile(result.prepared);
      return { is: 'ready', operation, request, coerce: variableCoercion(result.prepared), uses: 0 };
    }
    if ('conditional' in result) {
      const { conditionVariables } = result.conditional;
      return { is: 'conditional', conditionVariables, coerce: variableCoercion(result.conditional) };
    }
    if ('literals' in result) return { is: 'partly literal', numbers: result.literals };
    return 'refused' in result ? { is: 'refused', refusal: result.refused } : { is: 'unshaped' };
  }
}

function trueOnes(
  { conditionVariables }: Extract<CacheEntry<unknown>, { is: 'conditional' }>,
  variables: CoercedVariables,
): Conditions {
  return conditionVariables.filter((name) => variables.get(name) === true);
}

function toError(refusal: PreparationRefusal): GatewayError {
  if (refusal.code !== 'PLANNING_FAILED') return operationRefused(refusal.code, refusal.errors);
  const message = refusal.errors[0]?.message ?? 'This operation cannot be planned';
  return new GatewayError('PLANNING_FAILED', message, { cause: refusal.detail });
}
