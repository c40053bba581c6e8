/** Who is one client, once authentication has taken the proxy's word out of the headers. */

import { expect, it } from 'vitest';

import { createBackendIdentity } from '../../src/authn/identity/backend-headers.ts';
import { anyClient } from '../../src/pipeline/client.ts';
import { anonymous } from '../../src/pipeline/principal.ts';
import { authSchema } from '../../src/config/gateway/auth.ts';
import { WaitingRequests } from '../../src/operation/waiting-requests.ts';
import type { RequestContext, RequestHead } from '../../src/pipeline/request.ts';
import { requestHead } from '../../src/server/request-context.ts';
import { clientNetworks } from '../../src/shared/addresses.ts';
import { readRequest } from '../support/read.ts';
import { untraced } from '../../src/shared/trace.ts';

const proxy = '10.0.0.1';
const waiting = new WaitingRequests({ perClientMax: 10, max: 10, bytesMax: 10_000 });
const networkOf = clientNetworks({ trustedProxies: [proxy], ipv6PrefixBits: 64 });
const identity = createBackendIdentity(authSchema.parse({}));
const unproven = (head: RequestHead): RequestContext => ({
  ...identity.apply(head, { principal: anonymous }),
  client: anyClient,
});
const unasked = (head: RequestHead): RequestContext => ({
  ...head,
  principal: anonymous,
  client: anyClient,
});

it.each([
  ['where nobody is asked who they are', unasked, proxy, '192.0.2.7'],
  ['who proved nothing', unproven, proxy, '192.0.2.7'],
  ['who proved nothing and are behind a proxy that nobody trusts', unproven, '10.0.0.2', '10.0.0.2'],
])('tells clients apart %s', async (_who, authenticated, connection, client) => {
  const head = requestHead(
    { 'x-forwarded-for': '203.0.113.1, 192.0.2.7' },
    { requestId: 'r', clientAddress: connection, forward: [], timeoutMs: 1000, trace: untraced },
  );
  const network = networkOf(head.clientAddress, { 'x-forwarded-for': head.forwardedFor });
  const turn = waiting.wait(readRequest({ context: authenticated(head), network }), (name) => ({
    answer: Promise.resolve(name),
    leave: () => {},
  }));
  expect(await turn).toBe(client);
});
