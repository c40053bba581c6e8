/**
 * THE MAP: every stage of a request, in order, from its arrival to an answer that is ready to be sent.
 *
 *     arrived -> identify -> limits -> authenticate -> recognize -> limits -> share -> admit
 *             -> read -> prepare -> limits -> authorize -> (cache) -> execute -> answered
 *
 * A stage takes a type that only the stage before makes (`pipeline/stages.ts`), so another order does not compile.
 * Fronts (`server/`) make `Arrived` of what their transport brings and send `Answered`; `assembly/` builds what is used
 * here. The stage in brackets is not built yet. docs/ARCHITECTURE.md follows one request through the files.
 */

import type { Authenticate } from './authn/authenticate.ts';
import type { OpenDebug } from './authn/debug/open-debug.ts';
import type { Authorizer } from './authz/authorizer.ts';
import { startDeadline } from './execute/deadline.ts';
import { execute, type ExecutableOperation, type ExecutionTools } from './execute/executor.ts';
import type { PreparedOperations } from './operation/prepared-operations.ts';
import type { WaitingRequests } from './operation/waiting-requests.ts';
import type { GraphInputs } from './pipeline/answer-inputs.ts';
import type { Client } from './pipeline/client.ts';
import { untilLastPart } from './pipeline/last-part.ts';
import type { RequestHead } from './pipeline/request.ts';
import * as stages from './pipeline/stages.ts';
import type { Planning } from './plan/planning.ts';
import { acceptable } from './response/http.ts';
import { answerMetadata } from './response/answer-metadata.ts';
import { reportAnswer } from './response/report.ts';
import type { Events } from './shared/events.ts';
import { during } from './shared/trace.ts';
import type { Subgraph } from './sources/source.ts';

/** What belongs to one supergraph (`assembly/generation.ts`). */
export interface Generation {
  readonly operations: PreparedOperations<ExecutableOperation>;
  readonly authorizer: Authorizer;
  readonly subgraphs: ReadonlyMap<string, Subgraph>;
  readonly planner: Pick<Planning, 'introspect'>;
  readonly inputs: GraphInputs;
}

/** From the operation that was read to what its execution gave. */
export type Operate = (read: stages.Read) => Promise<stages.Executed>;

export interface OperationStages {
  /** Keeps the graph in place open for a request, however soon another takes its place. */
  readonly holdGeneration: () => { readonly generation: Generation; readonly release: () => void };
  readonly waiting: WaitingRequests;
  readonly execution: Pick<ExecutionTools, 'limits' | 'refusedServices'>;
  readonly events: Events;
}

/** The second half of the line. With the Apollo front it is called in the middle of Apollo Server's pipeline. */
export function operationStages({ holdGeneration, waiting, execution, events }: OperationStages): Operate {
  async function operateOn(generation: Generation, read: stages.Read): Promise<stages.Executed> {
    const { operations, authorizer, subgraphs, planner, inputs } = generation;
    const { context } = read;
    const prepared = await during(context, 'prepare', () => operations.prepare(read));
    const checked = read.limits?.checkOperation(prepared);
    if (checked) await checked;
    const limited = stages.operationLimited(prepared);
    const authorized = await during(context, 'authorize', () => authorizer.authorize(limited, operations));
    // Here: the cache of answers.
    const introspect: ExecutionTools['introspect'] = (document, variables) =>
      waiting.wait(read, planner.introspect(document, variables, context.client.contract));
    const tools = { ...execution, subgraphs, introspect };
    const executed = await during(context, 'execute', () => execute(authorized, tools));
    const settled = read.limits?.settle(prepared, executed) ?? executed;
    const answer = reportAnswer(events, { context, asked: prepared, answer: settled });
    const outline = answerMetadata(prepared.operation.prepared, inputs, context);
    return stages.executed(authorized, { ...outline, answer, later: null });
  }

  return (read) => {
    const { generation, release } = holdGeneration();
    const endDeadline = startDeadline(read.context);
    const releaseAll = (): void => {
      endDeadline();
      release();
    };
    return untilLastPart(releaseAll, () => operateOn(generation, read));
  };
}

export interface RequestStages {
  /** The network of the client, by the address of the connection or by what a trusted proxy says. */
  readonly networkOf: (head: RequestHead) => string;
  /** Null: nothing is limited. */
  readonly openLimits: ((identified: stages.Identified) => stages.RequestLimits) | null;
  /** Null: debug tokens are switched off. */
  readonly openDebug: OpenDebug | null;
  /** @throws {GatewayError} `UNAUTHENTICATED` or `AUTHENTICATION_UNAVAILABLE`. */
  readonly authenticate: Authenticate;
  /** @throws {GatewayError} `CLIENT_MISMATCH`, or `UNAUTHENTICATED` where the graph is for known clients only. */
  readonly recognize: (authenticated: stages.Authenticated) => Client;
  /** Gives identical requests in flight one answer. Null: each is answered by itself. */
  readonly share: stages.Share | null;
  readonly admission: stages.Admission;
  /** Makes the answer that is sent of what `Operate` gives: itself, or through Apollo Server. */
  readonly respond: (read: stages.Read) => Promise<stages.Answered>;
  /** @param client Null: it is not recognized yet. */
  readonly refuse: (arrived: stages.Arrived, error: unknown, client: Client | null) => stages.Answered;
}

/** The whole line. What it returns never rejects: what cannot be answered is refused. */
export function requestStages(line: RequestStages): (arrived: stages.Arrived) => Promise<stages.Answered> {
  const { admission, share, respond, refuse } = line;

  async function authenticate(limited: stages.NetworkLimited): Promise<stages.Authenticated> {
    const { head, http } = limited.arrived;
    const context = line.openDebug ? await line.openDebug(head, http.headers) : head;
    const proven = await during(context, 'authenticate', () => line.authenticate(context, http));
    return stages.authenticated(limited, proven);
  }

  async function answerAlone(limited: stages.CallerLimited): Promise<stages.Answered> {
    const { context, arrived } = limited;
    // Nothing of its body is parsed yet: the word is all there is to go by.
    const mayChangeData = (): boolean => arrived.body?.includes('mutation') === true;
    await during(context, 'admit', () => admission.enter(context, mayChangeData));
    const admitted = stages.admitted(limited, admission.aside);
    return untilLastPart(
      () => admission.leave(),
      async () => respond(stages.read(admitted)),
    );
  }

  return async (arrived) => {
    let client: Client | null = null;
    let limits: stages.RequestLimits | null = null;
    let answered: stages.Answered;
    try {
      const mediaType = acceptable(arrived.mediaType);
      const identified = stages.identified(arrived, mediaType, () => line.networkOf(arrived.head));
      limits = line.openLimits?.(identified) ?? null;
      const networkChecked = limits?.checkNetwork();
      if (networkChecked) await networkChecked;
      const authenticated = await authenticate(stages.networkLimited(identified, limits));
      client = line.recognize(authenticated);
      const recognized = stages.recognized(authenticated, client);
      const callerChecked = limits?.checkCaller(recognized);
      if (callerChecked) await callerChecked;
      const limited = stages.callerLimited(recognized);
      const alone = (): Promise<stages.Answered> => answerAlone(limited);
      answered = await (share && !limited.context.debug ? share(limited, alone) : alone());
    } catch (error) {
      answered = refuse(arrived, error, client);
    }
    return limits ? limits.finish(answered) : answered;
  };
}
