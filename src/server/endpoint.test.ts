import { describe, expect, it } from 'vitest';

import { loadGatewayConfig } from '../config/gateway/gateway-config.ts';
import { authorityOf, clientOfPath, clientOfSchemaPath, pathOf } from './endpoint.ts';

const config = await loadGatewayConfig(undefined, { environment: {} });
const clients = { folder: 'clients', anonymous: 'contract', schemasMax: 1, schemaIdleMs: 1000 } as const;
const clientOf = (path: string, hasClients = true) =>
  clientOfPath({ server: { ...config.server, path }, ...(hasClients ? { clients } : {}) });

describe('the path of a request', () => {
  it.each([
    ['/graphql', null],
    ['/graphql/web', 'web'],
    ['/graphql/web-2', 'web-2'],
    ['/graphql/', undefined],
    ['/graphql/web/', undefined],
    ['/graphql/web/schema.graphql', undefined],
    ['/graphql/Web', undefined],
    ['/graphql/%77eb', undefined],
    ['/graphql/__proto__', undefined],
    ['/graphqlweb', undefined],
    ['/', undefined],
  ])('%s names the client %s', (path, client) => {
    expect(clientOf('/graphql')(path)).toBe(client);
  });

  it.each([
    ['/', null],
    ['/web', 'web'],
    ['//web', undefined],
  ])('%s names the client %s where the endpoint is at the root', (path, client) => {
    expect(clientOf('/')(path)).toBe(client);
  });

  it('names none where no clients are configured', () => {
    expect(clientOf('/graphql', false)('/graphql')).toBeNull();
    expect(clientOf('/graphql', false)('/graphql/web')).toBeUndefined();
  });

  it('ends before its query', () => {
    expect(['/a?b=/c', '/a', '?a', ''].map((url) => pathOf({ url }))).toEqual(['/a', '/a', '', '']);
    expect(pathOf({})).toBe('');
  });

  it.each([
    ['http://a.test/graphql?b', '/graphql', 'a.test'],
    ['HTTPS://A.test:1/graphql/web', '/graphql/web', 'A.test:1'],
    ['http://a.test?b=/graphql', '', 'a.test'],
    ['//a.test/graphql', '//a.test/graphql', undefined],
    ['/http://a.test/', '/http://a.test/', undefined],
    ['*', '*', undefined],
  ])('of the target %s is %s', (url, path, authority) => {
    expect([pathOf({ url }), authorityOf({ url })]).toEqual([path, authority]);
  });

  it.each([
    ['/graphql/web/schema.graphql', 'web'],
    ['/graphql/%77eb/schema.graphql', undefined],
    ['/graphql/web/schema%2Egraphql', undefined],
    ['/graphql/schema.graphql', undefined],
    ['/graphql/web', undefined],
  ])('%s is that of the schema of %s', (path, client) => {
    expect(clientOfSchemaPath(path, clientOf('/graphql'))).toBe(client);
  });
});
