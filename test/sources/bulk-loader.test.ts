/** Loaders over the bulk endpoints of a REST service: asked for one by one, fetched together. */

import { afterEach, describe, expect, it } from 'vitest';

import { policyDefaults } from '../../src/config/gateway/policies.ts';
import { fixedEndpoints } from '../../src/resilience/endpoints.ts';
import { Service } from '../../src/resilience/service.ts';
import { monotonicClock } from '../../src/shared/clock.ts';
import { Events, type GatewayEvents } from '../../src/shared/events.ts';
import { backendOf } from '../../src/sources/backend.ts';
import type { BulkEndpoint } from '../../src/sources/rest/rest-client.ts';
import { createHttpTransport } from '../../src/sources/http/transport.ts';
import { createRestSource } from '../../src/sources/rest/rest-source.ts';
import { requestContext } from '../support/context.ts';
import { type Answer, json, startStandIn } from './support/stand-in.ts';

const cleanups: Array<() => Promise<void>> = [];
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()));
});

const usersById: BulkEndpoint<string> = {
  name: 'users.byId',
  path: '/users',
  ids: { query: 'ids' },
  read: (record) => record.text('name'),
};

describe('a bulk loader', () => {
  it('asks for the ids of one moment in one call, each once, and gives each its own', async () => {
    const { service, loadAll, batches } = await given(backwards);
    expect(await loadAll(['u1', 'u2', 'u1', 'u3'])).toEqual(['U1', 'U2', 'U1', 'U3']);
    expect(service.asked.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /users?ids=u1,u2,u3']);
    expect(batches).toMatchObject([{ service: 'users', loader: 'users.byId', keys: 3, calls: 1 }]);
  });

  it('gives null for ids that the answer lacks, and for all when there is nothing', async () => {
    const some = await given(json([{ id: 'u2', name: 'U2' }, null, { id: 'u8', name: 'not asked for' }]));
    expect(await some.loadAll(['u1', 'u2'])).toEqual([null, 'U2']);
    const none = await given(json({}, 404));
    expect(await none.loadAll(['u1', 'u2'])).toEqual([null, null]);
  });

  it.each<[string, Partial<BulkEndpoint<string>>, unknown]>([
    ['an object by id', {}, { u2: { name: 'U2' }, u1: { name: 'U1' }, u3: null }],
    [
      'a list in a field',
      { select: 'data' },
      {
        data: [
          { id: 'u2', name: 'U2' },
          { id: 'u1', name: 'U1' },
        ],
      },
    ],
    [
      'an id of another name',
      { idField: 'key' },
      [
        { key: 'u1', name: 'U1' },
        { key: 'u2', name: 'U2' },
      ],
    ],
  ])('reads %s', async (_what, change, answer) => {
    const { loadAll } = await given(json(answer), { endpoint: { ...usersById, ...change } });
    expect(await loadAll(['u1', 'u2', 'u3'])).toEqual(['U1', 'U2', null]);
  });

  it('reads ids that are numbers', async () => {
    const { loadAll } = await given(json([{ id: 7, name: 'seven' }]));
    expect(await loadAll(['7'])).toEqual(['seven']);
  });

  it('does not take what every object inherits for an answer', async () => {
    const { loadAll } = await given(json({ u1: { name: 'U1' } }));
    expect(await loadAll(['constructor', '__proto__', 'u1'])).toEqual([null, null, 'U1']);
  });

  it('makes an error in the answer, and a record of another shape, the error of that id alone', async () => {
    const answer = [
      { id: 'u1', error: { message: 'locked by jane', code: 'LOCKED' } },
      { id: 'u2', name: 'U2' },
      { id: 'u3', name: 3 },
      { id: 'u4', error: 'gone' },
    ];
    const { settle } = await given(json(answer));
    const [u1, u2, u3, u4] = await settle(['u1', 'u2', 'u3', 'u4']);
    expect(u1).toMatchObject({
      reason: {
        code: 'SERVICE_ERROR',
        public: { service: 'users', serviceCode: 'LOCKED' },
        cause: { message: 'locked by jane' },
      },
    });
    expect(u2).toMatchObject({ value: 'U2' });
    expect(u3).toMatchObject({ reason: { code: 'SERVICE_BAD_RESPONSE' } });
    expect(u4).toMatchObject({ reason: { code: 'SERVICE_ERROR', cause: { message: 'gone' } } });
  });

  it('splits by the policy, and a call that fails is the error of its ids alone', async () => {
    const { service, settle, batches } = await given(
      (request, response) => (request.url.includes('u3') ? json({}, 500) : backwards)(request, response),
      { batching: { batchMax: 2, windowMs: 0 } },
    );
    const settled = await settle(['u1', 'u2', 'u3', 'u4', 'u5']);
    expect(settled.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect(service.asked.map(({ url }) => url).toSorted()).toEqual([
      '/users?ids=u1,u2',
      '/users?ids=u3,u4',
      '/users?ids=u5',
    ]);
    expect(batches).toMatchObject([{ keys: 5, calls: 3 }]);
  });

  it('splits what is too long for one address, and refuses only what no address holds', async () => {
    const { service, settle } = await given(backwards);
    const long = ['a', 'b', 'c'].map((letter) => letter.repeat(2000));
    const settled = await settle([...long, 'x'.repeat(9000), 'u1,u2', 'u\r\n', '', 'u4']);
    expect(settled.map((result) => ('value' in result ? result.value?.[0] : result.reason))).toEqual([
      'A',
      'B',
      'C',
      ...Array.from({ length: 4 }, () => expect.objectContaining({ code: 'BAD_USER_INPUT' })),
      'U',
    ]);
    expect(service.asked.length).toBe(3);
  });

  it('posts ids in a body, as a query: no change, so that it may be tried again', async () => {
    let calls = 0;
    const { service, loadAll } = await given(
      (request, response) => {
        calls += 1;
        const { keys } = JSON.parse(request.body) as { keys: string[] };
        const rows = keys.map((id) => ({ id, name: id.toUpperCase() }));
        (calls === 1 ? json({}, 503) : json(rows))(request, response);
      },
      { endpoint: { ...usersById, path: '/users/search', ids: { body: 'keys' } }, retries: 1 },
    );
    expect(await loadAll(['u1', 'a,b'])).toEqual(['U1', 'A,B']);
    expect(service.asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /users/search',
      'POST /users/search',
    ]);
  });

  it('never answers from another call, request or endpoint, and always from its own', async () => {
    const { service, source } = await given(backwards);
    const context = requestContext();
    const inGerman = { call: { query: { lang: 'de', full: true } } };
    await source.loader(usersById, context).load('u1');
    await source.loader(usersById, context, inGerman).load('u1');
    await source.loader(usersById, context, { call: { query: { full: true, lang: 'de' } } }).load('u1');
    await source.loader({ ...usersById, path: '/people' }, context).load('u1');
    await source.loader(usersById, requestContext()).load('u2');
    await source.loader(usersById, context).load('u1');
    expect(service.asked.map(({ url }) => url)).toEqual([
      '/users?ids=u1',
      '/users?lang=de&full=true&ids=u1',
      '/people?ids=u1',
      '/users?ids=u2',
    ]);
  });

  it('asks again after a change by the same request, and not after one by another', async () => {
    const { service, source } = await given((request, response) => {
      if (request.method === 'POST') json({})(request, response);
      else backwards(request, response);
    });
    const [context, other] = [requestContext(), requestContext()];
    for (const one of [context, other]) await source.loader(usersById, one).load('u1');
    await source.post('/users', { body: {} }, context);
    for (const one of [context, other]) await source.loader(usersById, one).load('u1');
    expect(service.asked.map(({ method }) => method)).toEqual(['GET', 'GET', 'POST', 'GET']);
  });

  it('waits for more ids as long as the window says', async () => {
    const { service, source } = await given(backwards, { batching: { batchMax: 100, windowMs: 50 } });
    const loader = source.loader(usersById, requestContext());
    const first = loader.load('u1');
    await new Promise((resolve) => setImmediate(resolve));
    expect(await Promise.all([first, loader.load('u2')])).toEqual(['U1', 'U2']);
    expect(service.asked.map(({ url }) => url)).toEqual(['/users?ids=u1,u2']);
  });

  it('asks for nothing when no id can exist, and tells of what it found', async () => {
    const found: string[] = [];
    const { service, source } = await given(backwards);
    const endpoint = { ...usersById, askable: (id: string) => id.startsWith('u') };
    const loader = source.loader(endpoint, requestContext(), { found: (name) => found.push(name) });
    expect(await loader.load('x1')).toBeNull();
    expect(service.asked).toHaveLength(0);
    expect(await loader.load('u1')).toBe('U1');
    expect(found).toEqual(['U1']);
  });
});

/** A list in the opposite order of what was asked. */
function backwards(request: Parameters<Answer>[0], response: Parameters<Answer>[1]): void {
  const ids = new URL(request.url, 'http://users').searchParams.get('ids')?.split(',') ?? [];
  json(ids.toReversed().map((id) => ({ id, name: id.toUpperCase() })))(request, response);
}

interface Given {
  readonly endpoint?: BulkEndpoint<string>;
  readonly batching?: { readonly batchMax: number; readonly windowMs: number };
  readonly retries?: number;
}

async function given(answer: Answer, options: Given = {}) {
  const { endpoint = usersById, batching = policyDefaults.batching, retries = 0 } = options;
  const service = await startStandIn(answer);
  const transport = createHttpTransport();
  cleanups.push(
    () => transport.close(),
    () => service.close(),
  );
  const events = new Events();
  const batches: Array<GatewayEvents['batchLoaded']> = [];
  events.on('batchLoaded', (event) => batches.push(event));
  const policy = { ...policyDefaults, batching, retries: { ...policyDefaults.retries, max: retries } };
  const users = new Service(policy, { name: 'users', clock: monotonicClock, random: Math.random, events });
  users.replicas.follow(fixedEndpoints([{ url: service.url }]));
  const source = createRestSource(backendOf(users, transport));
  const context = requestContext();
  const load = async (id: string) => source.loader(endpoint, context).load(id);
  return {
    service,
    source,
    batches,
    loadAll: (ids: readonly string[]) => Promise.all(ids.map(load)),
    settle: (ids: readonly string[]) => Promise.allSettled(ids.map(load)),
  };
}
