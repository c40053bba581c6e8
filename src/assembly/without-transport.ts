/** A request that came by no transport: nobody sent it, and nothing is limited. */

import { Socket } from 'node:net';

import {
  admitted,
  arrived,
  authenticated,
  recognized,
  callerLimited,
  identified,
  networkLimited,
  read,
  type OperationRequest,
  type Read,
} from '../pipeline/stages.ts';
import type { RequestContext } from '../pipeline/request.ts';

/** @param context Whose principal is taken as it is. */
export function withoutTransport(context: RequestContext, request: OperationRequest): Read {
  const arrival = arrived({
    head: context,
    http: { headers: {}, rawHeaders: [], socket: new Socket() },
    mediaType: 'application/json',
    body: null,
    clientInPath: null,
    queryOnly: false,
    read: () => request,
  });
  const network = (): string => context.clientAddress;
  const unlimited = networkLimited(identified(arrival, 'application/json', network), null);
  const client = recognized(authenticated(unlimited, context), context.client);
  return read(admitted(callerLimited(client), (_request, wait) => wait));
}
