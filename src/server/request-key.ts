/** Which requests with the same body may get one answer. */

import type { IncomingMessage } from 'node:http';

import { dryRunHeader } from '../authz/request-decisions.ts';
import type { GatewayConfig } from '../config/gateway/gateway-config.ts';
import { ignoredHeaders, inputHeaders } from '../config/gateway/input-headers.ts';
import { answerKey, type GraphInputs, type KeyParts } from '../pipeline/answer-inputs.ts';
import type { Principal } from '../pipeline/principal.ts';
import type { RequestContext } from '../pipeline/request.ts';
import type { MediaType } from '../pipeline/stages.ts';

export interface Asking {
  readonly context: RequestContext;
  readonly http: Pick<IncomingMessage, 'headers'>;
  readonly mediaType: MediaType;
  /** Of the graph in place. */
  readonly graph: GraphInputs;
  /** How many there were (`MutationCounter`). */
  readonly mutations: number;
}

export function requestKeyParts(config: GatewayConfig): KeyParts<Asking> {
  const counted = inputHeaders(config);
  const ignored = new Set(ignoredHeaders(config));
  const hasPlugins = config.front === 'apollo' && config.apollo.plugins.length > 0;
  const hasPolicy = config.authorization.policy !== undefined;
  /** Whether code that is not ours may look at all of a request. */
  const isOpen = ({ graph }: Asking): boolean => hasPlugins || graph.hasResolvers;
  return {
    graph: ({ graph }) => String(graph.number),
    mutations: ({ mutations }) => String(mutations),
    labels: ({ graph, context }) => JSON.stringify(graph.labelsOf(context)),
    principal: ({ context }) => String(principalNumber(context.principal)),
    denied: { leftOut: 'it follows from the principal, the address and the dry run' },
    dryRun: ({ context }) => textOf(context.headers[dryRunHeader]),
    headers: (asking) => {
      const { headers } = asking.context;
      return headersText(headers, isOpen(asking) ? seenOf(headers, ignored) : counted);
    },
    clientAddress: (asking) => (hasPolicy || isOpen(asking) ? asking.context.clientAddress : ''),
    mediaType: ({ mediaType }) => mediaType,
    requestForm: ({ http }) => headersText(http.headers, ['content-type', 'content-encoding']),
  };
}

export function requestKey(config: GatewayConfig): (asking: Asking) => string {
  return answerKey(requestKeyParts(config));
}

function seenOf(headers: RequestContext['headers'], ignored: ReadonlySet<string>): string[] {
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

let principals = 0;
const principalNumbers = new WeakMap<Principal, number>();

/** One proof, kept while it holds, is one principal: whoever has it may get the same answer. */
function principalNumber(principal: Principal): number {
  const known = principalNumbers.get(principal) ?? (principals += 1);
  principalNumbers.set(principal, known);
  return known;
}
