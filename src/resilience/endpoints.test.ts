import { expect, it } from 'vitest';

import { newCall, type Call } from './call.ts';
import { fixedEndpoints, type EndpointSource } from './endpoints.ts';
import { requestContext } from '../../test/support/context.ts';

it('addresses of a file keep their order, their zone and an id that is their own', () => {
  const source: EndpointSource = fixedEndpoints([{ url: 'http://a/', zone: 'eu' }, { url: 'http://b/' }]);
  expect(source.endpoints).toEqual([
    { id: 'http://a/', url: 'http://a/', zone: 'eu' },
    { id: 'http://b/', url: 'http://b/' },
  ]);
});

it('a new call begins with the deadline and the cancellation of its request', () => {
  const request = requestContext();
  expect(newCall(request, 'mutation', 'key-1')).toMatchObject({
    request,
    kind: 'mutation',
    idempotencyKey: 'key-1',
    deadlineAtMs: request.deadlineAtMs,
    cancellation: request.cancellation,
    attempt: 0,
    endpoint: null,
    avoid: null,
    outcome: 'refused',
  });
});

it('a transport reads what the policies before it decided', async () => {
  const transport: Call<string, string> = (path, { endpoint }) => Promise.resolve(`${endpoint?.url}${path}`);
  const call = newCall(requestContext(), 'query');
  [call.endpoint = null] = fixedEndpoints([{ url: 'http://a' }]).endpoints;
  expect(await transport('/users', call)).toBe('http://a/users');
});
