/** A gateway without its edge and its backends: prepares operations and decides about them, and fetches nothing. */

import { explain, type Explanation } from '../authz/explain.ts';
import { claimedPrincipal } from '../authn/jwt/claimed.ts';
import { anonymous } from '../pipeline/principal.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { openDeciding, type Deciding } from '../assembly/generation.ts';
import { openLasting } from '../assembly/lasting.ts';
import { graphSource, readConfig, type StartOptions } from '../assembly/start.ts';
import { withoutTransport } from '../assembly/without-transport.ts';
import type { Principal } from '../pipeline/principal.ts';
import type { OperationRequest } from '../pipeline/stages.ts';
import { requestHead } from '../server/request-context.ts';
import { Events } from '../shared/events.ts';
import { errorText } from '../shared/error-text.ts';

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
  let opened: Promise<Deciding> | undefined;
  return {
    config,
    principalOf: (claims) => (claims ? claimedPrincipal(claims, config.auth?.jwt) : anonymous),
    async explain(request, principal) {
      const { authorizer, operations } = await (opened ??= open(options, config));
      const context = { ...requestHead({}, { ...terms, timeoutMs }), principal };
      return explain(authorizer, await operations.prepare(withoutTransport(context, request)));
    },
    close: async () => (await opened?.catch(() => undefined))?.close(),
  };
}

async function open(options: StartOptions, config: GatewayConfig): Promise<Deciding> {
  const events = new Events();
  events.on('defect', ({ where, error }) => {
    console.error(`${where} failed: ${errorText(error)}`);
  });
  const graph = await graphSource(options, config).read();
  return openDeciding(graph, await openLasting(config, events));
}
