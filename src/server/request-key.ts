/** The key of request sharing: requests with the same body and the same key may share one answer. */

import type { IncomingMessage } from 'node:http';

import { dryRunHeader } from '../authz/request-decisions.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { ignoredHeaders, inputHeaders } from '../config/gateway/input-headers.ts';
import { answerKey, type GraphInputs, type KeyParts } from '../pipeline/answer-inputs.ts';
import type { Client } from '../pipeline/client.ts';
import type { Principal } from '../pipeline/principal.ts';
import type { RequestContext } from '../pipeline/request.ts';
import type { MediaType } from '../pipeline/stages.ts';

export interface KeyInputs {
  readonly context: RequestContext;
  readonly http: Pick<IncomingMessage, 'headers'>;
  readonly mediaType: MediaType;
  /** Of the current graph. */
  readonly graph: GraphInputs;
  /** Value of the `MutationCounter`. */
  readonly mutations: number;
}

export function requestKeyParts(config: GatewayConfig): KeyParts<KeyInputs> {
  const relevantHeaders = inputHeaders(config);
  const ignored = new Set(ignoredHeaders(config));
  const hasPlugins = config.front === 'apollo' && config.apollo.plugins.length > 0;
  const hasPolicy = config.authorization.policy !== undefined;
  /** Whether plugins or resolvers, which may read the whole request, take part. */
  const runsUserCode = ({ graph }: KeyInputs): boolean => hasPlugins || graph.hasResolvers;
  return {
    graph: ({ graph }) => String(graph.number),
    mutations: ({ mutations }) => String(mutations),
    labels: ({ graph, context }) => JSON.stringify(graph.labelsOf(context)),
    principal: ({ context }) => String(principalNumber(context.principal)),
    client: ({ context }) => clientText(context.client),
    denied: { omittedBecause: 'it follows from the principal, the address and the dry run' },
    dryRun: ({ context }) => textOf(context.headers[dryRunHeader]),
    headers: (inputs) => {
      const { headers } = inputs.context;
      return headersText(headers, runsUserCode(inputs) ? namesExcept(headers, ignored) : relevantHeaders);
    },
    clientAddress: (inputs) => {
      const { clientAddress, forwardedFor } = inputs.context;
      // Authentication has removed it from the headers.
      if (runsUserCode(inputs)) return `${clientAddress}\n${textOf(forwardedFor)}`;
      return hasPolicy ? clientAddress : '';
    },
    mediaType: ({ mediaType }) => mediaType,
    requestForm: ({ http }) => headersText(http.headers, ['content-type', 'content-encoding']),
  };
}

export function requestKey(config: GatewayConfig): (inputs: KeyInputs) => string {
  return answerKey(requestKeyParts(config));
}

function namesExcept(headers: RequestContext['headers'], ignored: ReadonlySet<string>): string[] {
  return Object.keys(headers).filter((name) => !ignored.has(name));
}

function headersText(headers: RequestContext['headers'], names: readonly string[]): string {
  let text = '';
  for (const name of names) {
    const value = headers[name];
    if (value !== undefined) text += `${name}:${textOf(value)}\n`;
  }
  return text;
}

function textOf(value: string | string[] | undefined): string {
  return typeof value === 'string' ? value : (value?.join('\n') ?? '');
}

function clientText({ name, version, contract }: Client): string {
  return `${name ?? ''} ${version ?? ''} ${contract?.id ?? ''}`;
}

let principalCount = 0;
const principalNumbers = new WeakMap<Principal, number>();

/** Requests with the same credentials have the same principal object, as long as authentication caches it. */
function principalNumber(principal: Principal): number {
  const number = principalNumbers.get(principal) ?? (principalCount += 1);
  principalNumbers.set(principal, number);
  return number;
}
