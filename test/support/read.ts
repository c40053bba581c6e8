/** A request as the stages after `read` see it, for tests that start there. */

import { Socket } from 'node:net';

import type { RequestContext } from '../../src/pipeline/request.ts';
import {
  admitted,
  arrived,
  authenticated,
  callerLimited,
  identified,
  networkLimited,
  read,
  recognized,
  type OperationRequest,
  type Read,
  type RequestLimits,
} from '../../src/pipeline/stages.ts';
import { requestContext } from './context.ts';

export interface ReadOptions extends Partial<OperationRequest> {
  readonly context?: RequestContext;
  /** Default: the client's address. */
  readonly network?: string;
  readonly queryOnly?: boolean;
  readonly bodyBytes?: number;
  /** Default: none. */
  readonly limits?: RequestLimits;
}

export function readRequest(options: ReadOptions = {}): Read {
  const { context = requestContext(), network = context.clientAddress, bodyBytes = 0 } = options;
  const { query = '{ a }', operationName = null, variables = {}, extensions = null } = options;
  const arrival = arrived({
    head: context,
    http: { headers: {}, rawHeaders: [], socket: new Socket() },
    mediaType: 'application/json',
    body: Buffer.alloc(bodyBytes),
    clientInPath: null,
    queryOnly: options.queryOnly ?? false,
    read: () => ({ query, operationName, variables, extensions }),
  });
  const limited = networkLimited(
    identified(arrival, 'application/json', () => network),
    options.limits ?? null,
  );
  const client = recognized(authenticated(limited, context), context.client);
  return read(admitted(callerLimited(client), (_request, wait) => wait));
}
