/**
 * THE MAP: every stage of a request, in order, from its arrival to an answer that is ready to be sent.
 *
 *     arrived -> identify -> (limits) -> authenticate -> recognize -> (limits) -> share -> admit
 *             -> read -> prepare -> (limits) -> authorize -> (cache) -> execute -> answered
 *
 * A stage takes a type that only the stage before makes (`pipeline/stages.ts`), so another order does not compile.
 * Fronts (`server/`) make `Arrived` of what their transport brings and send `Answered`; `assembly/` builds what is used
 * here. Stages in brackets are not built yet. docs/ARCHITECTURE.md follows one request through the files.
 */

import type { Authorizer } from './authz/authorizer.ts';
import type { GatewayConfig } from './config/gateway/gateway-config.ts';
import { startDeadline } from './execute/deadline.ts';
import { execute, type ExecutableOperation } from './execute/executor.ts';
import type { PreparedOperations } from './operation/prepared-operations.ts';
import type { WaitingRequests } from './operation/waiting-requests.ts';
import type { CoercedVariables } from './pipeline/answer.ts';
import type { GraphInputs } from './pipeline/answer-inputs.ts';
import { untilLastPart } from './pipeline/last-part.ts';
import type { Client } from './pipeline/client.ts';
import type { AuthenticatedRequest, RequestHead } from './pipeline/request.ts';
import * as stages from './pipeline/stages.ts';
import type { Planning } from './plan/planning.ts';
import { acceptable } from './response/http.ts';
import { answerMetadata } from './response/answer-metadata.ts';
import { reportAnswer } from './response/report.ts';
import type { Events } from './shared/events.ts';
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
  readonly limits: GatewayConfig['limits'];
  readonly events: Events;
}

/** The second half of the line. With the Apollo front it is called in the middle of Apollo Server's pipeline. */
export function operationStages({ holdGeneration, waiting, limits, events }: OperationStages): Operate {
  async function operateOn(generation: Generation, read: stages.Read): Promise<stages.Executed> {
    const { operations, authorizer, subgraphs, planner, inputs } = generation;
    const { context } = read;
    const prepared = await events.during('stage', { stage: 'prepare', context }, () =>
      operations.prepare(read),
    );
    // Here: limits by cost.
    const authorized = await events.during('stage', { stage: 'authorize', context }, () =>
      authorizer.authorize(prepared, operations),
    );
    // Here: the cache of answers.
    const introspect = (document: string, variables: CoercedVariables) =>
      waiting.wait(read, planner.introspect(document, variables, context.client.contract));
    const answer = await events.during('stage', { stage: 'execute', context }, () =>
      execute(authorized, { subgraphs, limits, introspect }),
    );
    reportAnswer(events, { context, answer });
    const outline = answerMetadata(prepared.operation.prepared, inputs);
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
  /** @throws {GatewayError} `UNAUTHENTICATED` or `AUTHENTICATION_UNAVAILABLE`. */
  readonly authenticate: (
    head: RequestHead,
    http: stages.Arrived['http'],
  ) => AuthenticatedRequest | Promise<AuthenticatedRequest>;
  /** @throws {GatewayError} `CLIENT_MISMATCH`, or `UNAUTHENTICATED` where the graph is for known clients only. */
  readonly recognize: (authenticated: stages.Authenticated) => Client;
  /** Gives identical requests in flight one answer. Null: each is answered by itself. */
  readonly share: stages.Share | null;
  readonly admission: stages.Admission;
  /** Makes the answer that is sent of what `Operate` gives: itself, or through Apollo Server. */
  readonly respond: (read: stages.Read) => Promise<stages.Answered>;
  /** @param client Null: it is not recognized yet. */
  readonly refuse: (arrived: stages.Arrived, error: unknown, client: Client | null) => stages.Answered;
  readonly events: Events;
}

/** The whole line. What it returns never rejects: what cannot be answered is refused. */
export function requestStages(line: RequestStages): (arrived: stages.Arrived) => Promise<stages.Answered> {
  const { admission, share, respond, refuse, events } = line;

  async function authenticate(identified: stages.Identified): Promise<stages.Authenticated> {
    const { head: context, http } = identified.arrived;
    const proven = await events.during('stage', { stage: 'authenticate', context }, () =>
      line.authenticate(context, http),
    );
    return stages.authenticated(identified, proven);
  }

  async function admit(recognized: stages.Recognized): Promise<stages.Admitted> {
    const { context, arrived } = recognized;
    // Nothing of its body is parsed yet: the word is all there is to go by.
    const mayChangeData = (): boolean => arrived.body?.includes('mutation') === true;
    await events.during('stage', { stage: 'admit', context }, () => admission.enter(mayChangeData));
    return stages.admitted(recognized, admission.aside);
  }

  async function answerAlone(recognized: stages.Recognized): Promise<stages.Answered> {
    const admitted = await admit(recognized);
    return untilLastPart(
      () => admission.leave(),
      async () => respond(stages.read(admitted)),
    );
  }

  return async (arrived) => {
    let client: Client | null = null;
    try {
      const mediaType = acceptable(arrived.mediaType);
      const identified = stages.identified(arrived, mediaType, () => line.networkOf(arrived.head));
      // Here: limits by address, or by the key that is claimed.
      const authenticated = await authenticate(identified);
      client = line.recognize(authenticated);
      const recognized = stages.recognized(authenticated, client);
      // Here: limits by principal and tier.
      const alone = (): Promise<stages.Answered> => answerAlone(recognized);
      return await (share ? share(recognized, alone) : alone());
    } catch (error) {
      return refuse(arrived, error, client);
    }
  };
}
