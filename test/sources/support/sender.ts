/** Sends single calls to one service through the real transport, without policies. */

import type { LookupFunction } from 'node:net';

import type { ServiceTransport } from '../../../src/config/gateway/transport.ts';
import { newCall } from '../../../src/resilience/call.ts';
import type { GatewayError } from '../../../src/shared/errors.ts';
import {
  createHttpTransport,
  type HttpRequest,
  type HttpResponse,
} from '../../../src/sources/http/transport.ts';
import { type ContextOptions, requestContext } from '../../support/context.ts';

export interface Sender {
  readonly send: (request?: Partial<HttpRequest>, context?: ContextOptions) => Promise<HttpResponse>;
  /** What the call is refused with. */
  readonly failure: (request?: Partial<HttpRequest>, context?: ContextOptions) => Promise<GatewayError>;
  readonly close: () => Promise<void>;
}

export interface SenderOptions extends Partial<ServiceTransport> {
  readonly lookup?: LookupFunction;
  readonly operationBytesMax?: number;
  readonly address?: string;
}

export function senderTo(url: string, options: SenderOptions = {}): Sender {
  const { lookup, operationBytesMax, address, ...settings } = options;
  const transport = createHttpTransport({
    ...(lookup ? { lookup } : {}),
    ...(operationBytesMax === undefined ? {} : { operationBytesMax }),
  });
  const call = transport.service('reviews', settings);
  const endpoint = { id: url, url, ...(address === undefined ? {} : { address }) };
  const send: Sender['send'] = (request = {}, context = {}) => {
    const one = newCall(requestContext(context), 'query');
    one.endpoint = endpoint;
    return call({ method: 'POST', path: '/graphql', body: '{}', ...request }, one);
  };
  return {
    send,
    failure: (request, context) =>
      send(request, context).then(
        () => Promise.reject(new Error('the call succeeded')),
        (error: unknown) => error as GatewayError,
      ),
    close: () => transport.close(),
  };
}
