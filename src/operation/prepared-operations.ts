/**
 * The prepared operations of one supergraph: one map look-up for an operation seen before, one preparation for
 * everybody who asks for a new one at the same time.
 */

import { LRUCache } from 'lru-cache';

import type { CoercedVariables } from '../pipeline/answer.ts';
import type { Turn } from '../pipeline/planning.ts';
import type { PreparationRefusal, PreparationResult, PreparedOperation } from '../pipeline/prepared.ts';
import type { RequestContext } from '../pipeline/request.ts';
import { prepared, type OperationRequest, type Prepared, type Read } from '../pipeline/stages.ts';
import { GatewayError } from '../shared/errors.ts';
import { parseJson } from '../shared/exact-json.ts';
import { operationRefused } from './refused.ts';
import { variableCoercion, type CoerceVariables } from './variables.ts';
import type { Wait, WaitingRequests } from './waiting-requests.ts';

/** Names an operation: what the planner is asked. */
export interface PreparationRequest {
  readonly query: string;
  readonly operationName: string | null;
  readonly conditions?: Conditions;
  /** Labels of `@override` that hold. */
  readonly labels?: readonly string[];
  /** Numbers of the checks that were denied: what they guard is left out. */
  readonly denied?: readonly number[];
}

type OperationName = Pick<PreparationRequest, 'query' | 'operationName'>;
type Labels = readonly string[] | undefined;

/** Variables of `@skip` and `@include` that are true. */
type Conditions = readonly string[];

export interface PreparedOperationsOptions<Executable extends { readonly prepared: PreparedOperation }> {
  /** Asks the planner: a `PreparationResult` as JSON text. Default of `turn`: the gateway's own. */
  readonly prepare: (request: PreparationRequest, turn?: Turn) => Promise<string>;
  /** Called once per operation. */
  readonly compile: (prepared: PreparedOperation) => Executable;
  /** Throws where a new operation may not be prepared for this request. */
  readonly admit: (read: Read) => void;
  /** In which requests wait for the planner. */
  readonly waiting: WaitingRequests;
  /** Labels of `@override` in the supergraph, and which hold for a request. Absent: there are none. */
  readonly labels?:
    | {
        readonly names: readonly string[];
        readonly activeFor: (context: RequestContext) => readonly string[];
      }
    | undefined;
  readonly entriesMax: number;
  readonly bytesMax: number;
  /** Of one operation, by what is left out of it. Default: 0. */
  readonly variantsMax?: number;
}

type Known<Executable> =
  | {
      readonly is: 'ready';
      readonly operation: Executable;
      readonly request: PreparationRequest;
      readonly coerce: CoerceVariables;
      uses: number;
    }
  | { readonly is: 'conditional'; readonly on: readonly string[]; readonly coerce: CoerceVariables }
  | { readonly is: 'refused'; readonly refusal: PreparationRefusal };

/** An operation as it was asked for, and the variants of it that leave something out. */
interface Whole {
  readonly request: PreparationRequest;
  readonly variants: Set<string>;
}

/** A client's requests for one operation. */
interface Pending<Executable> {
  readonly known: Promise<Known<Executable>>;
  waiting: number;
  /** Ends when none of them waits any more. */
  readonly nobody: AbortController;
}

/** Compiled code and the parsed answer take about this many times the answer's text. */
const memoryPerByte = 4;

export class PreparedOperations<Executable extends { readonly prepared: PreparedOperation }> {
  readonly #options: PreparedOperationsOptions<Executable>;
  readonly #known: LRUCache<string, Known<Executable>>;
  /** Of operations that have checks. */
  readonly #whole = new WeakMap<Executable, Whole>();
  /** By client and operation: each of several clients waits in its own turn. */
  readonly #pending = new Map<string, Pending<Executable>>();

  constructor(options: PreparedOperationsOptions<Executable>) {
    this.#options = options;
    this.#known = new LRUCache({ max: options.entriesMax, maxSize: options.bytesMax });
  }

  /**
   * Answers at once for an operation that is known.
   *
   * @throws {GatewayError} When the document or the variables are not acceptable.
   * @throws {GatewayError} `PLANNING_TIMEOUT` and whatever else the planner or `admit` says.
   */
  prepare(read: Read): Prepared<Executable> | Promise<Prepared<Executable>> {
    const labels = this.#options.labels?.activeFor(read.context);
    const known = this.#known.get(keyOf(requestOf(read.request, labels)));
    if (known?.is === 'ready') return preparedBy(read, known);
    return this.#prepareUnknown(read, labels);
  }

  /** Sees to it that the operation is known, and throws what `prepare` throws where it is not acceptable. */
  async ready(read: Read): Promise<void> {
    const known = await this.#decided(read, this.#options.labels?.activeFor(read.context));
    if (known.is === 'refused') throw refusedOf(known.refusal);
  }

  /**
   * The same operation without what these checks guard.
   *
   * @returns undefined where there are too many variants of it already.
   */
  without(
    prepared: Prepared<Executable>,
    denied: readonly number[],
  ): Executable | Promise<Executable> | undefined {
    const whole = this.#whole.get(prepared.operation);
    if (!whole) return undefined;
    const variant = { ...whole.request, denied };
    const key = keyOf(variant);
    const known = this.#known.get(key);
    if (known?.is === 'ready') return known.operation;
    if (!whole.variants.has(key) && whole.variants.size >= (this.#options.variantsMax ?? 0)) return undefined;
    whole.variants.add(key);
    return this.#prepareVariant(prepared.read, key, variant);
  }

  async #prepareVariant(read: Read, key: string, request: PreparationRequest): Promise<Executable> {
    const known = await this.#knownFor(read, key, request);
    if (known.is === 'refused') throw refusedOf(known.refusal);
    if (known.is === 'conditional') throw new Error('A variant of an operation is conditional');
    return known.operation;
  }

  /** What was asked most, most first. Variants depend on who asks, and on the policy in place. */
  hottest(count: number): PreparationRequest[] {
    const ready = [...this.#known.values()].filter(
      (known) => known.is === 'ready' && known.request.denied === undefined,
    ) as Array<Extract<Known<Executable>, { is: 'ready' }>>;
    return ready
      .toSorted((a, b) => b.uses - a.uses)
      .slice(0, count)
      .map(({ request }) => request);
  }

  /** Prepares what `before` was asked most, one after another: requests come first. */
  async warmFrom(before: PreparedOperations<Executable>, count: number): Promise<void> {
    for (const request of before.hottest(count)) {
      // An operation that cannot be prepared any more is told so when somebody asks for it.
      await this.warm(request).catch(() => {});
    }
  }

  /** Prepares an operation before it is asked for. Operations that are no longer valid are no mistake here. */
  async warm(request: PreparationRequest): Promise<void> {
    const { query, operationName, conditions } = request;
    // The labels may be those of another supergraph.
    const labels = this.#options.labels?.names.filter((name) => request.labels?.includes(name));
    const open = requestOf({ query, operationName }, labels);
    const known = await this.#prepare(keyOf(open), open);
    if (!conditions || known.is !== 'conditional') return;
    const decided = { ...open, conditions };
    await this.#prepare(keyOf(decided), decided);
  }

  async #prepareUnknown(read: Read, labels: Labels): Promise<Prepared<Executable>> {
    const known = await this.#decided(read, labels);
    if (known.is === 'refused') throw refusedOf(known.refusal);
    return preparedBy(read, known);
  }

  async #decided(read: Read, labels: Labels): Promise<Exclude<Known<Executable>, { is: 'conditional' }>> {
    const open = requestOf(read.request, labels);
    let known = await this.#knownFor(read, keyOf(open), open);
    if (known.is === 'conditional') {
      const decided = { ...open, conditions: conditionsOf(known, read.request.variables) };
      known = await this.#knownFor(read, keyOf(decided), decided);
    }
    if (known.is === 'conditional')
      throw new Error('An operation stays conditional with its conditions given');
    return known;
  }

  #knownFor(
    read: Read,
    key: string,
    request: PreparationRequest,
  ): Known<Executable> | Promise<Known<Executable>> {
    const known = this.#known.get(key);
    if (known) return known;
    const { admit, waiting } = this.#options;
    admit(read);
    return waiting.wait(read, (client) => this.#join(client, key, request));
  }

  /** One of a client's requests for this operation. */
  #join(client: string, key: string, request: PreparationRequest): Wait<Known<Executable>> {
    const name = `${client}\0${key}`;
    let pending = this.#pending.get(name);
    if (!pending) {
      const nobody = new AbortController();
      const known = this.#prepare(key, request, { client, signal: nobody.signal }).finally(() =>
        this.#forget(name, nobody),
      );
      this.#pending.set(name, (pending = { known, waiting: 0, nobody }));
    }
    const { known, nobody } = pending;
    const joined = pending;
    joined.waiting += 1;
    return {
      answer: known,
      leave: () => {
        joined.waiting -= 1;
        if (joined.waiting > 0) return;
        this.#forget(name, nobody);
        nobody.abort();
      },
    };
  }

  #forget(name: string, nobody: AbortController): void {
    if (this.#pending.get(name)?.nobody === nobody) this.#pending.delete(name);
  }

  async #prepare(key: string, request: PreparationRequest, turn?: Turn): Promise<Known<Executable>> {
    const json = await this.#options.prepare(request, turn);
    // Another client may have waited for it, too.
    const before = this.#known.get(key);
    if (before) return before;
    const known = this.#toKnown(parseJson(json) as PreparationResult, request);
    if (known.is === 'ready' && known.operation.prepared.checks && request.denied === undefined) {
      this.#whole.set(known.operation, { request, variants: new Set() });
    }
    this.#known.set(key, known, { size: json.length * memoryPerByte + key.length * 2 });
    return known;
  }

  #toKnown(result: PreparationResult, request: PreparationRequest): Known<Executable> {
    if ('prepared' in result) {
      const operation = this.#options.compile(result.prepared);
      return { is: 'ready', operation, request, coerce: variableCoercion(result.prepared), uses: 0 };
    }
    if ('conditional' in result) {
      const { on } = result.conditional;
      return { is: 'conditional', on, coerce: variableCoercion(result.conditional) };
    }
    return { is: 'refused', refusal: result.refused };
  }
}

function preparedBy<Executable extends { readonly prepared: PreparedOperation }>(
  read: Read,
  known: Extract<Known<Executable>, { is: 'ready' }>,
): Prepared<Executable> {
  const { operation } = known;
  if (read.queryOnly && operation.prepared.kind !== 'query') {
    throw new GatewayError('METHOD_NOT_ALLOWED', 'Only queries may be sent by GET: send this one by POST');
  }
  known.uses += 1;
  return prepared(read, operation, coerceOrThrow(known.coerce, read.request.variables));
}

function conditionsOf(
  { on, coerce }: Extract<Known<unknown>, { is: 'conditional' }>,
  given: OperationRequest['variables'],
): Conditions {
  const variables = coerceOrThrow(coerce, given);
  return on.filter((name) => variables.get(name) === true);
}

function coerceOrThrow(coerce: CoerceVariables, given: OperationRequest['variables']): CoercedVariables {
  const coercion = coerce(given);
  if ('variables' in coercion) return coercion.variables;
  throw operationRefused('BAD_USER_INPUT', coercion.mistakes);
}

/**
 * Differs for whatever is prepared differently. The document is the last part, because a comment may contain anything;
 * in none of the others can there be a NUL: they are names, numbers and JSON.
 */
function keyOf({ query, operationName, labels, conditions, denied }: PreparationRequest): string {
  const name = operationName ?? '';
  if (!labels && !conditions && !denied) return `${name}\0${query}`;
  const decided = conditions ? JSON.stringify(conditions) : '';
  return `${name} ${labels?.join(',') ?? ''} ${decided} ${denied?.join() ?? ''}\0${query}`;
}

function requestOf({ query, operationName }: OperationName, labels: Labels): PreparationRequest {
  return labels === undefined ? { query, operationName } : { query, operationName, labels };
}

function refusedOf(refusal: PreparationRefusal): GatewayError {
  if (refusal.code !== 'PLANNING_FAILED') return operationRefused(refusal.code, refusal.errors);
  const message = refusal.errors[0]?.message ?? 'This operation cannot be planned';
  return new GatewayError('PLANNING_FAILED', message, { cause: refusal.detail });
}
