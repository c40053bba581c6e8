/**
 * The cache of prepared operations of one supergraph: one map look-up for an operation seen before, and a single-flight
 * preparation for concurrent requests for a new one.
 */

import { LRUCache } from 'lru-cache';

import type { CoercedVariables } from '../pipeline/answer.ts';
import type { Contract } from '../pipeline/contract.ts';
import type { SlicingCheck } from '../pipeline/cost.ts';
import type { PreparationRequest, Turn } from '../pipeline/planning.ts';
import type { PreparationRefusal, PreparationResult, PreparedOperation } from '../pipeline/prepared.ts';
import type { RequestContext } from '../pipeline/request.ts';
import {
  prepared,
  type OperationLimited,
  type OperationRequest,
  type Prepared,
  type Read,
} from '../pipeline/stages.ts';
import { GatewayError } from '../shared/errors.ts';
import { parseJson } from '../shared/exact-json.ts';
import { during } from '../shared/trace.ts';
import { slicingErrors } from './cost/slicing.ts';
import { operationRefused } from './refused.ts';
import { variableCoercion, type CoerceVariables } from './variables.ts';
import type { Wait, WaitingRequests } from './waiting-requests.ts';

type DocumentAndName = Pick<PreparationRequest, 'query' | 'operationName'>;
type Labels = readonly string[] | undefined;

/** Variables of `@skip` and `@include` that are true. */
type Conditions = readonly string[];

export interface PreparedOperationsOptions<Executable extends { readonly prepared: PreparedOperation }> {
  /** Calls the planner, which returns a `PreparationResult` as JSON text. Default of `turn`: the gateway's own. */
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
  /** An operation was looked up for a request. */
  readonly onLookUp?: (isCached: boolean) => void;
  /** The operation of a request is prepared, and its variables fit. */
  readonly onPrepared?: (prepared: Prepared<Executable>) => void;
  readonly entriesMax: number;
  readonly bytesMax: number;
  /** Variants of one operation, each without the fields of other denied checks. Default: 0. */
  readonly variantsMax?: number;
}

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
  | { readonly is: 'refused'; readonly refusal: PreparationRefusal };

/** An operation as it was requested, and the cache keys of its variants without denied fields. */
interface Variants {
  readonly request: PreparationRequest;
  readonly keys: Set<string>;
}

/** The requests of one client that wait for the same operation. */
interface Pending<Executable> {
  readonly entry: Promise<CacheEntry<Executable>>;
  waiting: number;
  /** Aborted when none of them waits any more. */
  readonly abandoned: AbortController;
}

/** Memory of the compiled code and the parsed plan, per byte of the planner's JSON. */
const memoryPerByte = 4;

export class PreparedOperations<Executable extends { readonly prepared: PreparedOperation }> {
  readonly #options: PreparedOperationsOptions<Executable>;
  readonly #cache: LRUCache<string, CacheEntry<Executable>>;
  /** Only for operations with checks. */
  readonly #variants = new WeakMap<Executable, Variants>();
  /** By client and operation: each client waits in its own turn. */
  readonly #pending = new Map<string, Pending<Executable>>();

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
    const entry = this.#cache.get(keyOf(request));
    const isReady = entry?.is === 'ready';
    this.#options.onLookUp?.(isReady);
    return isReady ? this.#preparedFrom(read, entry) : this.#prepareNew(read, request);
  }

  /** Operations in the cache. */
  get size(): number {
    return this.#cache.size;
  }

  /** Puts the operation into the cache. Throws what `prepare` throws where it is not acceptable. */
  async ready(read: Read): Promise<void> {
    const entry = await this.#resolved(read, this.#requestOf(read));
    if (entry.is === 'refused') throw toError(entry.refusal);
  }

  #preparedFrom(read: Read, entry: Extract<CacheEntry<Executable>, { is: 'ready' }>): Prepared<Executable> {
    const result = preparedFrom(read, entry);
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
  ): Executable | Promise<Executable> | undefined {
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

  async #prepareVariant(read: Read, key: string, request: PreparationRequest): Promise<Executable> {
    const entry = await this.#entryFor(read, key, request);
    if (entry.is === 'refused') throw toError(entry.refusal);
    if (entry.is === 'conditional') throw new Error('A variant of an operation is conditional');
    return entry.operation;
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

  /** Prepares the hottest operations of `previous` one after another, so that requests are not delayed. */
  async warmFrom(previous: PreparedOperations<Executable>, count: number): Promise<void> {
    for (const request of previous.hottest(count)) {
      // An operation that can no longer be prepared is refused when it is requested.
      await this.warm(request).catch(() => {});
    }
  }

  /** Prepares an operation before it is requested. One that is no longer valid is no error here. */
  async warm(request: PreparationRequest): Promise<void> {
    const { query, operationName, conditions, contract = null } = request;
    // The labels may be those of another supergraph.
    const labels = this.#options.labels?.names.filter((name) => request.labels?.includes(name));
    const open = planRequestOf({ query, operationName }, labels, contract);
    const entry = await this.#prepare(keyOf(open), open);
    if (!conditions || entry.is !== 'conditional') return;
    const resolved = { ...open, conditions };
    await this.#prepare(keyOf(resolved), resolved);
  }

  async #prepareNew(read: Read, request: PreparationRequest): Promise<Prepared<Executable>> {
    const entry = await this.#resolved(read, request);
    if (entry.is === 'refused') throw toError(entry.refusal);
    return this.#preparedFrom(read, entry);
  }

  async #resolved(
    read: Read,
    open: PreparationRequest,
  ): Promise<Exclude<CacheEntry<Executable>, { is: 'conditional' }>> {
    const limits = read.limits?.checkDeferred();
    if (limits) await limits;
    let entry = await this.#entryFor(read, keyOf(open), open);
    if (entry.is === 'conditional') {
      const resolved = { ...open, conditions: conditionsOf(entry, read.request.variables) };
      entry = await this.#entryFor(read, keyOf(resolved), resolved);
    }
    if (entry.is === 'conditional')
      throw new Error('An operation stays conditional with its conditions given');
    return entry;
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
      waiting.wait(read, (client) => this.#join(client, key, request)),
    );
  }

  /** Adds a request of this client to those that wait for this operation. */
  #join(client: string, key: string, request: PreparationRequest): Wait<CacheEntry<Executable>> {
    const name = `${client}\0${key}`;
    let pending = this.#pending.get(name);
    if (!pending) {
      const abandoned = new AbortController();
      const entry = this.#prepare(key, request, { client, signal: abandoned.signal }).finally(() =>
        this.#forget(name, abandoned),
      );
      this.#pending.set(name, (pending = { entry, waiting: 0, abandoned }));
    }
    const { entry, abandoned } = pending;
    const joined = pending;
    joined.waiting += 1;
    return {
      answer: entry,
      leave: () => {
        joined.waiting -= 1;
        if (joined.waiting > 0) return;
        this.#forget(name, abandoned);
        abandoned.abort();
      },
    };
  }

  #forget(name: string, abandoned: AbortController): void {
    if (this.#pending.get(name)?.abandoned === abandoned) this.#pending.delete(name);
  }

  async #prepare(key: string, request: PreparationRequest, turn?: Turn): Promise<CacheEntry<Executable>> {
    const json = await this.#options.prepare(request, turn);
    // The same operation may have been prepared for another client meanwhile.
    const previous = this.#cache.get(key);
    if (previous) return previous;
    const entry = this.#toEntry(parseJson(json) as PreparationResult, request);
    if (entry.is === 'ready' && entry.operation.prepared.checks && request.denied === undefined) {
      this.#variants.set(entry.operation, { request, keys: new Set() });
    }
    this.#cache.set(key, entry, { size: json.length * memoryPerByte + key.length * 2 });
    return entry;
  }

  #toEntry(result: PreparationResult, request: PreparationRequest): CacheEntry<Executable> {
    if ('prepared' in result) {
      const operation = this.#options.compile(result.prepared);
      return { is: 'ready', operation, request, coerce: variableCoercion(result.prepared), uses: 0 };
    }
    if ('conditional' in result) {
      const { conditionVariables } = result.conditional;
      return { is: 'conditional', conditionVariables, coerce: variableCoercion(result.conditional) };
    }
    return { is: 'refused', refusal: result.refused };
  }
}

function preparedFrom<Executable extends { readonly prepared: PreparedOperation }>(
  read: Read,
  entry: Extract<CacheEntry<Executable>, { is: 'ready' }>,
): Prepared<Executable> {
  const { operation } = entry;
  if (read.queryOnly && operation.prepared.kind !== 'query') {
    throw new GatewayError(
      'METHOD_NOT_ALLOWED',
      'Only queries may be sent by GET: send this operation by POST',
    );
  }
  entry.uses += 1;
  const variables = coerceOrThrow(entry.coerce, read.request.variables);
  if (operation.prepared.slicing) assertSliced(operation.prepared.slicing, variables);
  return prepared(read, operation, variables);
}

function assertSliced(checks: readonly SlicingCheck[], variables: CoercedVariables): void {
  const errors = slicingErrors(checks, variables);
  if (errors.length > 0) throw operationRefused('BAD_USER_INPUT', errors);
}

function conditionsOf(
  { conditionVariables, coerce }: Extract<CacheEntry<unknown>, { is: 'conditional' }>,
  values: OperationRequest['variables'],
): Conditions {
  const variables = coerceOrThrow(coerce, values);
  return conditionVariables.filter((name) => variables.get(name) === true);
}

function coerceOrThrow(coerce: CoerceVariables, values: OperationRequest['variables']): CoercedVariables {
  const coercion = coerce(values);
  if ('variables' in coercion) return coercion.variables;
  throw operationRefused('BAD_USER_INPUT', coercion.errors);
}

/**
 * The cache key. The document comes last, because a comment may contain anything; the other parts are names, numbers and
 * JSON, which contain no NUL.
 */
function keyOf({ contract, ...request }: PreparationRequest): string {
  return contract ? `${contract.id} ${keyWithoutContract(request)}` : keyWithoutContract(request);
}

function keyWithoutContract(request: Omit<PreparationRequest, 'contract'>): string {
  const { query, operationName, labels, conditions, denied } = request;
  const name = operationName ?? '';
  if (!labels && !conditions && !denied) return `${name}\0${query}`;
  const resolved = conditions ? JSON.stringify(conditions) : '';
  return `${name} ${labels?.join(',') ?? ''} ${resolved} ${denied?.join() ?? ''}\0${query}`;
}

function planRequestOf(
  { query, operationName }: DocumentAndName,
  labels: Labels,
  contract: Contract | null,
): PreparationRequest {
  if (!contract) return labels === undefined ? { query, operationName } : { query, operationName, labels };
  return labels === undefined
    ? { query, operationName, contract }
    : { query, operationName, labels, contract };
}

function toError(refusal: PreparationRefusal): GatewayError {
  if (refusal.code !== 'PLANNING_FAILED') return operationRefused(refusal.code, refusal.errors);
  const message = refusal.errors[0]?.message ?? 'This operation cannot be planned';
  return new GatewayError('PLANNING_FAILED', message, { cause: refusal.detail });
}
