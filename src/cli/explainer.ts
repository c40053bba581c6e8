/** A gateway without its HTTP server and its services: prepares and authorizes operations, and fetches nothing. */

import { explain, type Explanation } from '../authz/explain.ts';
import { claimedPrincipal } from '../authn/jwt/claimed-principal.ts';
import type { Client } from '../pipeline/client.ts';
import { anonymous } from '../pipeline/principal.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { openDeciding, type Deciding } from '../assembly/generation.ts';
import { openLasting } from '../assembly/lasting.ts';
import { graphSource, readConfig, type StartOptions } from '../assembly/start.ts';
import { withoutTransport } from '../assembly/without-transport.ts';
import type { Principal } from '../pipeline/principal.ts';
import { operationLimited, type OperationRequest } from '../pipeline/stages.ts';
import { requestHead } from '../server/request-context.ts';
import { untraced } from '../shared/trace.ts';
import { Events } from '../shared/events.ts';
import { errorText } from '../shared/error-text.ts';

export interface Explainer {
  readonly config: GatewayConfig;
  /**
   * @param claims Null for an anonymous request.
   * @throws {GatewayError} `CONFIG_INVALID` if no configured issuer matches the claims.
   */
  principalOf(claims: Readonly<Record<string, unknown>> | null): Principal;
  /** @throws {GatewayError} What the gateway would throw at startup, or for an invalid operation. */
  explain(request: OperationRequest, caller: Caller): Promise<Explanation>;
  close(): Promise<void>;
}

/** Who sends the operation. */
export interface Caller {
  readonly principal: Principal;
  readonly client: Client;
}

/** @throws {GatewayError} If the configuration is invalid. */
export async function openExplainer(options: StartOptions): Promise<Explainer> {
  const read = await readConfig(options);
  const config: GatewayConfig = {
    ...read,
    // The user of this command may see every name of the schema, and the audit file is for requests only.
    errors: { ...read.errors, suggestions: true },
    audit: { ...read.audit, file: undefined },
  };
  const requestOptions = { requestId: 'explain-auth', clientAddress: '127.0.0.1', forward: [] };
  const timeoutMs = config.timeouts.requestMs;
  // Opened with the first operation: this loads the graph.
  let opened: Promise<Deciding> | undefined;
  return {
    config,
    principalOf: (claims) => (claims ? claimedPrincipal(claims, config.auth?.jwt) : anonymous),
    async explain(request, { principal, client }) {
      const { authorizer, operations } = await (opened ??= open(options, config));
      const context = {
        ...requestHead({}, { ...requestOptions, timeoutMs, trace: untraced }),
        principal,
        client,
      };
      const prepared = await operations.prepare(withoutTransport(context, request));
      return explain(authorizer, operationLimited(prepared));
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
