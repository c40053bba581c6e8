/** A gateway without its edge and its backends: prepares operations and decides about them, and fetches nothing. */

import { explain, type Explanation } from '../authz/explain.ts';
import { claimedPrincipal } from '../authn/jwt/claimed.ts';
import type { Authorizer } from '../authz/authorizer.ts';
import { openAuthorization } from '../authz/open-authorization.ts';
import { anonymous } from '../pipeline/principal.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { graphSource, readConfig, type StartOptions } from '../main.ts';
import { openOperations, openWaiting } from '../operation/open-operations.ts';
import type { PreparedOperations } from '../operation/prepared-operations.ts';
import type { PreparedOperation } from '../pipeline/prepared.ts';
import type { Principal } from '../pipeline/principal.ts';
import type { OperationRequest } from '../pipeline/stages.ts';
import { openLabels } from '../plan/labels.ts';
import { plannerOf } from '../plan/planner.ts';
import { createRequestContext } from '../server/request-context.ts';
import { Events } from '../shared/events.ts';

export interface Explainer {
  readonly config: GatewayConfig;
  /**
   * @param claims Null: nobody.
   * @throws {GatewayError} `CONFIG_INVALID` where they are of nobody that the gateway knows.
   */
  principalOf(claims: Readonly<Record<string, unknown>> | null): Principal;
  /** @throws {GatewayError} What the gateway would say of an operation that is not acceptable, or when it starts. */
  explain(request: OperationRequest, principal: Principal): Promise<Explanation>;
  close(): Promise<void>;
}

interface Opened {
  readonly authorizer: Authorizer;
  readonly operations: PreparedOperations<{ readonly prepared: PreparedOperation }>;
  readonly close: () => Promise<void>;
}

/** @throws {GatewayError} What is wrong with the configuration. */
export async function openExplainer(options: StartOptions): Promise<Explainer> {
  const read = await readConfig(options);
  const config: GatewayConfig = {
    ...read,
    // Whoever asks here may know every name, and nobody else reads what was asked.
    errors: { ...read.errors, suggestions: true },
    audit: { ...read.audit, file: undefined },
  };
  const terms = { requestId: 'explain-auth', clientAddress: '127.0.0.1', forward: [] };
  const timeoutMs = config.timeouts.requestMs;
  // Not before it is needed: it loads the graph.
  let opened: Promise<Opened> | undefined;
  return {
    config,
    principalOf: (claims) => (claims ? claimedPrincipal(claims, config.auth?.jwt) : anonymous),
    async explain(request, principal) {
      const { authorizer, operations } = await (opened ??= open(options, config));
      const context = { ...createRequestContext({}, { ...terms, timeoutMs }), principal };
      return explain(authorizer, await operations.prepare({ context, request, queryOnly: false }));
    },
    close: async () => (await opened?.catch(() => undefined))?.close(),
  };
}

async function open(options: StartOptions, config: GatewayConfig): Promise<Opened> {
  const events = new Events();
  events.on('defect', ({ where, error }) => {
    console.error(`${where} failed: ${error instanceof Error ? error.message : String(error)}`);
  });
  const graph = await graphSource(options, config).read();
  const authorization = await openAuthorization(config, events);
  const authorizer = await authorization.authorizerFor(graph.policy);
  const labelsOf = await openLabels(config, events);
  const planner = plannerOf(graph, config);
  const { labels } = await planner.orClose(planner.start());
  const operations = openOperations<{ readonly prepared: PreparedOperation }>(config, {
    prepare: (request, turn) => planner.prepare(request, turn),
    compile: (prepared) => ({ prepared }),
    labels: labelsOf(labels),
    waiting: openWaiting(config),
  });
  return { authorizer, operations, close: () => planner.close() };
}
