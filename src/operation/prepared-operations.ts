/**
 * The prepared operations of one supergraph: one map look-up for an operation seen before, one preparation for
 * everybody who asks for a new one at the same time.
 */

import { LRUCache } from 'lru-cache';

import type { CoercedVariables } from '../pipeline/answer.ts';
import type {
  ConditionalOperation,
  PreparationRefusal,
  PreparationResult,
  PreparedOperation,
} from '../pipeline/prepared.ts';
import type { OperationRequest, Prepared, Received } from '../pipeline/stages.ts';
import { GatewayError } from '../shared/errors.ts';
import { OperationRefused } from './refused.ts';
import { coerceVariables } from './variables.ts';

export interface PreparedOperationsOptions<Executable extends { readonly prepared: PreparedOperation }> {
  readonly prepare: (request: {
    readonly query: string;
    readonly operationName: string | null;
    readonly conditions?: Conditions;
  }) => Promise<PreparationResult>;
  /** Called once per operation. */
  readonly compile: (prepared: PreparedOperation) => Executable;
  readonly entriesMax: number;
}

/** Values of variables of `@skip` and `@include`. */
type Conditions = Readonly<Record<string, boolean>>;

type Known<Executable> =
  | { readonly is: 'ready'; readonly operation: Executable }
  | { readonly is: 'conditional'; readonly operation: ConditionalOperation }
  | { readonly is: 'refused'; readonly refusal: PreparationRefusal };

export class PreparedOperations<Executable extends { readonly prepared: PreparedOperation }> {
  readonly #options: PreparedOperationsOptions<Executable>;
  readonly #known: LRUCache<string, Known<Executable>>;
  readonly #pending = new Map<string, Promise<Known<Executable>>>();

  constructor(options: PreparedOperationsOptions<Executable>) {
    this.#options = options;
    this.#known = new LRUCache({ max: options.entriesMax });
  }

  /**
   * @throws {OperationRefused} When the document or the variables are not acceptable.
   * @throws {GatewayError} `PLANNING_TIMEOUT` and whatever else the planner says.
   */
  async prepare(received: Received): Promise<Prepared<Executable>> {
    const key = keyOf(received.request);
    let known = this.#known.get(key) ?? (await this.#prepareOnce(key, received.request, undefined));
    if (known.is === 'conditional') {
      const conditions = conditionsOf(known.operation, received.request);
      const decidedKey = `${key}\0${JSON.stringify(conditions)}`;
      known =
        this.#known.get(decidedKey) ?? (await this.#prepareOnce(decidedKey, received.request, conditions));
    }
    if (known.is === 'refused') throw refusedOf(known.refusal);
    if (known.is === 'conditional')
      throw new Error('An operation stays conditional with its conditions given');
    if (received.queryOnly && known.operation.prepared.kind !== 'query') {
      throw new GatewayError('METHOD_NOT_ALLOWED', 'Only queries may be sent by GET: send this one by POST');
    }
    const { context, request, queryOnly } = received;
    const variables = coerceOrThrow(known.operation.prepared, request);
    return { context, request, queryOnly, operation: known.operation, variables };
  }

  #prepareOnce(
    key: string,
    request: OperationRequest,
    conditions: Conditions | undefined,
  ): Promise<Known<Executable>> {
    let pending = this.#pending.get(key);
    if (!pending) {
      pending = this.#prepare(key, request, conditions).finally(() => this.#pending.delete(key));
      this.#pending.set(key, pending);
    }
    return pending;
  }

  async #prepare(
    key: string,
    { query, operationName }: OperationRequest,
    conditions: Conditions | undefined,
  ): Promise<Known<Executable>> {
    const request = conditions ? { query, operationName, conditions } : { query, operationName };
    const known = this.#toKnown(await this.#options.prepare(request));
    this.#known.set(key, known);
    return known;
  }

  #toKnown(result: PreparationResult): Known<Executable> {
    if ('prepared' in result) return { is: 'ready', operation: this.#options.compile(result.prepared) };
    if ('conditional' in result) return { is: 'conditional', operation: result.conditional };
    return { is: 'refused', refusal: result.refused };
  }
}

function conditionsOf(operation: ConditionalOperation, request: OperationRequest): Conditions {
  const variables = coerceOrThrow(operation, request);
  return Object.fromEntries(operation.on.map((name) => [name, variables[name] === true]));
}

function coerceOrThrow(
  spec: Pick<PreparedOperation, 'variables' | 'inputTypes'>,
  request: OperationRequest,
): CoercedVariables {
  const coercion = coerceVariables(spec, request.variables);
  if ('variables' in coercion) return coercion.variables;
  throw new OperationRefused(
    'BAD_USER_INPUT',
    coercion.mistakes.map((message) => ({ message })),
  );
}

/** A document cannot contain NUL outside a string, and a name cannot contain it at all. */
function keyOf(request: OperationRequest): string {
  return request.operationName === null ? request.query : `${request.operationName}\0${request.query}`;
}

function refusedOf(refusal: PreparationRefusal): GatewayError {
  if (refusal.code !== 'PLANNING_FAILED') return new OperationRefused(refusal.code, refusal.errors);
  const message = refusal.errors[0]?.message ?? 'This operation cannot be planned';
  return new GatewayError('PLANNING_FAILED', message, { cause: refusal.detail });
}
