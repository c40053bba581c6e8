/** Our engine over a fixture, without sockets: the worker's preparation and the executor, in one thread. */

import type { GraphQLSchema } from 'graphql';

import {
  compileOperation,
  execute,
  type ExecutableOperation,
  type ExecutionTools,
} from '../../../src/execute/executor.ts';
import { AuditLog } from '../../../src/authz/audit/audit-log.ts';
import { Authorizer, type Variants } from '../../../src/authz/authorizer.ts';
import type { LoadedPolicy } from '../../../src/authz/policy/load-policy.ts';
import { auditSchema, authorizationSchema } from '../../../src/config/gateway/authorization.ts';
import { anyClient } from '../../../src/pipeline/client.ts';
import type { Contract } from '../../../src/pipeline/contract.ts';
import { anonymous, type Principal } from '../../../src/pipeline/principal.ts';
import {
  authorized,
  operationLimited,
  prepared,
  type Authorized,
  type OperationLimited,
} from '../../../src/pipeline/stages.ts';
import { GatewayError } from '../../../src/shared/errors.ts';
import type { AuthorizationRecord } from '../../../src/shared/authorization-record.ts';
import { Events } from '../../../src/shared/events.ts';
import { variableCoercion } from '../../../src/operation/variables.ts';
import type { Answer as EngineAnswer, CoercedVariables } from '../../../src/pipeline/answer.ts';
import type { PreparationRequest } from '../../../src/pipeline/planning.ts';
import type { PreparationResult, ShapeResult } from '../../../src/pipeline/prepared.ts';
import type { RequestContext } from '../../../src/pipeline/request.ts';
import { introspect } from '../../../src/preparation/introspection.ts';
import { prepare } from '../../../src/preparation/prepare.ts';
import { prepareShape } from '../../../src/preparation/shapes.ts';
import { loadSupergraph, type LoadedSupergraph } from '../../../src/preparation/supergraph/supergraph.ts';
import { Cancellation } from '../../../src/shared/cancellation.ts';
import { joinCalls } from '../../../src/sources/graphql/joined-calls.ts';
import type { Subgraph } from '../../../src/sources/source.ts';
import type { Fixture } from '../fixtures/fixture.ts';
import { readRequest } from '../../support/read.ts';
import { bounded } from './bounded.ts';
import {
  composeFixture,
  subgraphTransport,
  toAnswer,
  type Answer,
  type SubgraphCall,
} from '../oracle/compose.ts';
import { untraced } from '../../../src/shared/trace.ts';

export interface Engine {
  run(operation: {
    readonly query: string;
    readonly variables?: Readonly<Record<string, unknown>>;
    readonly operationName?: string;
  }): Promise<Answer>;
  /** @throws {GatewayError} `PLANNING_TIMEOUT`, see `planningTimeoutMs`. */
  prepare(
    query: string,
    operationName?: string,
    variables?: Readonly<Record<string, unknown>>,
  ): ExecutableOperation;
  /** Runs what `prepare` made of the same operation. */
  runPrepared(operation: ExecutableOperation, variables?: Readonly<Record<string, unknown>>): Promise<Answer>;
  /** The last stages of a request, as the gateway runs them. */
  authorize(
    asked: OperationLimited<ExecutableOperation>,
    variants: Variants<ExecutableOperation>,
  ): Authorized<ExecutableOperation> | Promise<Authorized<ExecutableOperation>>;
  execute(from: Authorized<ExecutableOperation>): Promise<EngineAnswer>;
  readonly calls: readonly SubgraphCall[];
  clear(): void;
}

export interface EngineOptions {
  /** Of other engines over the same fixture and policy. Default: its own. */
  readonly graph?: EngineGraph;
  /** Without generated code, so that the reference projection answers everything. */
  readonly interpreted?: boolean;
  /** Whether fetches share calls. Default true. */
  readonly joined?: boolean;
  /** Wraps the subgraphs, to break them. */
  readonly around?: (service: string, subgraph: Subgraph) => Subgraph;
  /** Labels of `@override` that hold. */
  readonly labels?: readonly string[];
  /** Errors in one answer. */
  readonly errorsMax?: number;
  /** Who asks, under which rules. Without: nobody is asked. */
  readonly access?: { readonly policy: LoadedPolicy | null; readonly principal: Principal };
  /** As the executor's. */
  readonly refusedServices?: ExecutionTools['refusedServices'];
  /** Sees each answer as the executor gave it. */
  readonly onAnswer?: (answer: EngineAnswer) => void;
  /** Hears of every decision. */
  readonly onDecision?: (record: AuthorizationRecord) => void;
  /** For planning one operation; without it planning takes the time it takes. */
  readonly planningTimeoutMs?: number;
}

/** The part of a graph that a client sees. */
export interface EngineView {
  readonly contract: Contract;
  readonly schema: GraphQLSchema;
}

/** A fixture's supergraph with its planner, and what it planned: both take longer than running most operations. */
export class EngineGraph {
  readonly #load: () => LoadedSupergraph;
  readonly #results = new Map<string, PreparationResult | ShapeResult>();
  readonly #view: EngineView | null;
  #current: LoadedSupergraph;

  /**
   * @param policy Of those who ask.
   * @param view What they see. Default: everything.
   */
  constructor(fixture: Fixture, policy: LoadedPolicy | null = null, view: EngineView | null = null) {
    this.#view = view;
    this.#load = () => loadSupergraph(composeFixture(fixture), { policy: policy?.outline ?? null });
    this.#current = this.#load();
  }

  get schema(): GraphQLSchema {
    return this.#view?.schema ?? this.#current.schema;
  }

  /** Prepares once what several engines ask, as the gateway does for its clients. */
  prepare(request: PreparationRequest): PreparationResult | ShapeResult {
    const key = JSON.stringify(request);
    const known = this.#results.get(key);
    if (known) return known;
    const result = this.#prepared(request);
    if (this.#results.size >= resultsMax) this.#results.clear();
    this.#results.set(key, result);
    return result;
  }

  #prepared(request: PreparationRequest): PreparationResult | ShapeResult {
    const limits = { tokensMax: 100_000, suggestions: true };
    const prepareIt = request.literals ? prepareShape : prepare;
    if (!this.#view) return prepareIt(this.#current, request, limits);
    const { contract, schema: clientSchema } = this.#view;
    return prepareIt(this.#current, { ...request, contract }, { ...limits, clientSchema });
  }

  /** After an interruption, which may have left the planner's caches half written. */
  renew(): void {
    this.#current = this.#load();
  }
}

const resultsMax = 500;

export function openEngine(fixture: Fixture, options: EngineOptions = {}): Engine {
  const graph = options.graph ?? new EngineGraph(fixture, options.access?.policy);
  const authorizer = authorizerFor(options);
  const transport = subgraphTransport(fixture);
  const subgraphs = new Map<string, Subgraph>();
  for (const [service, send] of Object.entries(transport.services)) {
    const plain: Subgraph = {
      fetch: async ({ operation, variablesJson }) => {
        const variables = JSON.parse(variablesJson) as Record<string, unknown>;
        const { data, errors } = await send(operation.query, variables, operation.name);
        return { ...(data === undefined ? {} : { data }), errors };
      },
      close: () => Promise.resolve(),
    };
    const subgraph = options.around ? options.around(service, plain) : plain;
    const fetch: Subgraph['fetch'] = (request) => subgraph.fetch(request);
    subgraphs.set(service, options.joined === false ? subgraph : { ...subgraph, fetch: joinCalls(fetch) });
  }

  function inTime<Result>(plan: () => Result): Result {
    if (options.planningTimeoutMs === undefined) return plan();
    try {
      return bounded(options.planningTimeoutMs, plan);
    } catch (error) {
      graph.renew();
      throw error;
    }
  }

  function prepareOne(
    query: string,
    operationName?: string,
    variables: Readonly<Record<string, unknown>> = {},
    denied: readonly number[] = [],
  ): ExecutableOperation {
    const request = { query, operationName: operationName ?? null, labels: options.labels ?? [], denied };
    let result = inTime(() => graph.prepare(request));
    if ('conditional' in result) {
      const values = coerced(result.conditional, variables);
      const conditions = result.conditional.conditionVariables.filter((name) => values.get(name) === true);
      result = inTime(() => graph.prepare({ ...request, conditions }));
    }
    if ('refused' in result && result.refused.code === 'PLANNING_FAILED')
      throw new GatewayError('PLANNING_FAILED', `Not prepared: ${JSON.stringify(result)}`);
    if (!('prepared' in result)) throw new Error(`Not prepared: ${JSON.stringify(result)}`);
    // As it crosses the thread boundary.
    return compileOperation(JSON.parse(JSON.stringify(result.prepared)), options.interpreted ? Infinity : 0);
  }

  const limits = { subgraphCallsMax: 100, errorsMax: options.errorsMax ?? 100 };
  const executed = (from: Authorized<ExecutableOperation>): Promise<EngineAnswer> =>
    execute(from, {
      subgraphs,
      limits,
      refusedServices: options.refusedServices,
      introspect: (document, values) => Promise.resolve(introspect(graph.schema, document, values)),
    });
  async function run(from: Authorized<ExecutableOperation>): Promise<Answer> {
    const answer = await executed(from);
    options.onAnswer?.(answer);
    return asGraphql(answer);
  }

  return {
    prepare: prepareOne,
    runPrepared(operation, variables = {}) {
      const values = coerced(operation.prepared, variables);
      const read = readRequest({ context: requestContext() });
      return run(authorized(operationLimited(prepared(read, { operation }, values)), operation, null));
    },
    authorize: (asked, variants) => authorizer.authorize(asked, variants),
    execute: executed,
    calls: transport.calls,
    clear: () => transport.clear(),
    async run({ query, variables = {}, operationName }) {
      const whole = prepareOne(query, operationName, variables);
      const context = requestContext(options.access?.principal);
      const read = readRequest({ context, query, variables, operationName: operationName ?? null });
      const asked = operationLimited(
        prepared(read, { operation: whole }, coerced(whole.prepared, variables)),
      );
      return run(
        await authorizer.authorize(asked, {
          without: (_, denied) => prepareOne(query, operationName, variables, denied),
        }),
      );
    },
  };
}

function authorizerFor({ access, onDecision }: EngineOptions): Authorizer {
  const events = new Events();
  if (onDecision) events.on('authorizationDecided', onDecision);
  const audit = new AuditLog({
    config: auditSchema.parse({ allowSample: 1 }),
    events,
    random: () => 0,
    now: () => 0,
  });
  const config = authorizationSchema.parse({});
  return new Authorizer({ policy: access?.policy ?? null, config, events, audit });
}

function coerced(
  spec: Parameters<typeof variableCoercion>[0],
  values: Readonly<Record<string, unknown>>,
): CoercedVariables {
  const coercion = variableCoercion(spec)(values);
  if ('errors' in coercion) throw new Error(coercion.errors.map(({ message }) => message).join('\n'));
  return coercion.variables;
}

function asGraphql(answer: EngineAnswer): Answer {
  const errors = answer.errors.map(({ message, path, code, service }) => ({
    message,
    ...(path ? { path } : {}),
    extensions: { code, service },
  }));
  return { ...toAnswer({ data: answer.data }), errors };
}

function requestContext(principal: Principal = anonymous): RequestContext {
  return {
    client: anyClient,
    principal,
    requestId: 'test',
    clientAddress: '127.0.0.1',
    headers: {},
    forwardHeaders: {},
    deadlineAtMs: Number.POSITIVE_INFINITY,
    cancellation: new Cancellation(),
    trace: untraced,
    locals: new Map(),
  };
}
