/** The audits of others for GraphQL over HTTP, and what the protocol around it asks for. */
import { serverAudits } from 'graphql-http';
import { describe, expect, it } from 'vitest';

import { send } from '../support/ask.ts';
import { useShop } from '../support/shop.ts';

const shop = useShop();
const preflighted = { 'apollo-require-preflight': 'yes' };

describe('the audits of graphql-http', () => {
  const fetchFn = (url: string, { headers, ...rest }: RequestInit = {}): Promise<Response> =>
    fetch(url, { ...rest, headers: { ...(headers as Record<string, string>), ...preflighted } });
  const audits = serverAudits({ url: () => shop.url, fetchFn });

  it.each(audits.map((audit) => [audit.name, audit] as const))('%s', async (_name, audit) => {
    expect(await audit.fn()).toMatchObject({ status: 'ok' });
  });
});

describe('automatic persisted queries, which are not supported', () => {
  const persistedQuery = {
    version: 1,
    sha256Hash: 'ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38',
  };
  const refused = {
    status: 200,
    data: undefined,
    errors: [
      { message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } },
    ],
  };
  const accepts = ['application/json', 'application/graphql-response+json'];

  it.each(accepts)(
    'are refused in their protocol by POST and GET, for the client to send the document: %s',
    async (accept) => {
      const headers = { 'content-type': 'application/json', accept };
      for (const query of [undefined, null, '']) {
        const body = JSON.stringify({ query, extensions: { persistedQuery } });
        expect(await send(shop.url, { method: 'POST', headers, body })).toMatchObject(refused);
      }
      const search = new URLSearchParams({ extensions: JSON.stringify({ persistedQuery }) });
      expect(await send(`${shop.url}?${search.toString()}`, { headers })).toMatchObject(refused);
    },
  );

  it('are answered where the document comes with the hash', async () => {
    const headers = { 'content-type': 'application/json' };
    const query = '{ __typename }';
    const answered = { status: 200, data: { __typename: 'Query' }, errors: undefined };
    const body = JSON.stringify({ query, extensions: { persistedQuery } });
    expect(await send(shop.url, { method: 'POST', headers, body })).toMatchObject(answered);
    const search = new URLSearchParams({ query, extensions: JSON.stringify({ persistedQuery }) });
    expect(await send(`${shop.url}?${search.toString()}`, { headers })).toMatchObject(answered);
  });

  it('are no excuse for a request without a document otherwise', async () => {
    const headers = { 'content-type': 'application/json' };
    for (const body of [
      '{"extensions":{}}',
      '{"extensions":{"persistedQuery":1}}',
      '{"query":5,"extensions":{"persistedQuery":{}}}',
    ])
      expect(await send(shop.url, { method: 'POST', headers, body })).toMatchObject({
        status: 400,
        errors: [{ extensions: { code: 'BAD_REQUEST' } }],
      });
  });
});
