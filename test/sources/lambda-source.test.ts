/** A kind of source that is not built in, from graph.yaml to the field: functions behind a stand-in of Lambda's API. */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it, onTestFinished } from 'vitest';

import { loadGatewayConfig } from '../../src/config/gateway/gateway-config.ts';
import { loadGraphFile } from '../../src/config/graph/file.ts';
import { Events } from '../../src/shared/events.ts';
import { MutationCounter } from '../../src/shared/mutation-counter.ts';
import { cacheControlText } from '../../src/sources/http/cache-control.ts';
import { saidToClient } from '../../src/sources/headers/answer-header-rules.ts';
import { createBackends } from '../../src/services/backends.ts';
import { loadSubgraphs } from '../../src/services/load.ts';
import { folderWith } from '../support/folder.ts';
import { requestContext } from '../support/context.ts';
import { fetchFrom } from './support/fetch.ts';
import { type Answer, json, startStandIn, text } from './support/stand-in.ts';

const kindPath = fileURLToPath(new URL('./lambda/kind.ts', import.meta.url));
const quotesPath = fileURLToPath(new URL('./lambda/quotes.ts', import.meta.url));
const customSource = new URL('../../src/sources/custom/custom-source.ts', import.meta.url).href;
const defineModule = new URL('../../src/services/define.ts', import.meta.url).href;

const quote = '{ quote(upc: "p1") }';

describe('a field resolved by a function', () => {
  it('is the JSON that the function returned, and the function got JSON at the address of the API', async () => {
    const { service, quotes } = await given(json({ price: 42 }), { options: '{ qualifier: live }' });
    expect(await fetchFrom(quotes, quote)).toEqual({ data: { quote: 42 } });
    expect(service.asked).toHaveLength(1);
    expect(service.asked[0]).toMatchObject({
      method: 'POST',
      url: '/2015-03-31/functions/quote/invocations?Qualifier=live',
      body: '{"upc":"p1"}',
    });
    expect(service.asked[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-amz-invocation-type': 'RequestResponse',
    });
  });

  it('has the header rules of its source, both ways', async () => {
    const answer = text('{"price":1}', 200, { 'cache-control': 'max-age=60, public' });
    const headers = '{ insert: { x-api-key: secret }, remove: [x-user-id], respond: [cache-control] }';
    const { service, quotes } = await given(answer, { headers });
    const context = requestContext({ forwardHeaders: { 'x-user-id': 'u1', 'x-tenant': 't1' } });
    await fetchFrom(quotes, quote, { context });
    expect(service.asked[0]?.headers).toMatchObject({ 'x-api-key': 'secret', 'x-tenant': 't1' });
    expect(service.asked[0]?.headers['x-user-id']).toBeUndefined();
    expect(cacheControlText(saidToClient(context).control)).toBe('max-age=60, private');
  });

  it('is SERVICE_ERROR where the function threw, and the function does not run again', async () => {
    const thrown = text('{"errorMessage":"no price for p1","errorType":"Error"}', 200, {
      'x-amz-function-error': 'Unhandled',
    });
    const { service, quotes } = await given(thrown);
    expect(await codeOf(quotes)).toBe('SERVICE_ERROR');
    expect(service.asked).toHaveLength(1);
  });

  it.each([
    ['JSON', '<html>'],
    ['UTF-8', Buffer.from('"Zürich"', 'latin1')],
  ])('is SERVICE_BAD_RESPONSE where the answer is not %s', async (_what, body) => {
    const { quotes } = await given((_request, response) => void response.end(body));
    expect(await codeOf(quotes)).toBe('SERVICE_BAD_RESPONSE');
  });

  it('is SERVICE_TIMEOUT where the function takes longer than the source may', async () => {
    const { service, quotes } = await given(() => {}, { timeoutMs: 100 });
    expect(await codeOf(quotes)).toBe('SERVICE_TIMEOUT');
    await expect.poll(() => service.abandonedAtMs.length).toBeGreaterThan(0);
  });
});

describe('a function that is throttled', () => {
  const throttled = json({ Type: 'User', message: 'Rate Exceeded.' }, 429);

  it('is invoked again, and the field comes', async () => {
    const { service, quotes } = await given(inTurn(throttled, json({ price: 7 })));
    expect(await fetchFrom(quotes, quote)).toEqual({ data: { quote: 7 } });
    expect(service.asked).toHaveLength(2);
  });

  it('is SERVICE_UNAVAILABLE when the tries are used up', async () => {
    const { service, quotes } = await given(throttled);
    expect(await codeOf(quotes)).toBe('SERVICE_UNAVAILABLE');
    expect(service.asked).toHaveLength(3);
  });

  it('is not invoked again for a mutation, unless the call has an idempotency key', async () => {
    const { service, quotes } = await given(throttled);
    expect(await codeOf(quotes, 'mutation { order(upc: "p1") }')).toBe('SERVICE_UNAVAILABLE');
    expect(service.asked).toHaveLength(1);
    expect(await codeOf(quotes, 'mutation { order(upc: "p1", key: "k1") }')).toBe('SERVICE_UNAVAILABLE');
    expect(service.asked).toHaveLength(4);
    expect(service.asked.slice(1).map(({ headers }) => headers['idempotency-key'])).toEqual([
      'k1',
      'k1',
      'k1',
    ]);
  });
});

it('stops calling functions that fail: the breaker opens and the service hears nothing more', async () => {
  const policies =
    '{ kinds: { custom: { retries: { max: 0 }, breaker: { minimumCalls: 5, openMs: 60000, openMaxMs: 60000 } } } }';
  const { service, quotes } = await given(json({ message: 'Internal' }, 500), { policies });
  const codes: unknown[] = [];
  for (let call = 0; call < 10; call += 1) codes.push(await codeOf(quotes));
  expect(codes).toEqual([
    ...Array<string>(5).fill('SERVICE_ERROR'),
    ...Array<string>(5).fill('SERVICE_UNAVAILABLE'),
  ]);
  expect(service.asked).toHaveLength(5);
});

it('may not have an address that the gateway does not allow', async () => {
  const module = { module: kindPath, url: 'http://169.254.169.254' };
  expect(await mistake(module)).toMatch(/^functions: its address may not be called: /);
});

describe('the module of a kind', () => {
  const head = `import { defineSource } from ${JSON.stringify(customSource)};\n`;

  it.each([
    [
      'without the export',
      'export const kind = 1;',
      /must export "source" made by defineSource; it exports kind$/,
    ],
    ['with an empty file', '', /it exports nothing$/],
    ['with an export of another kind', 'export const source = {};', /must export "source"/],
    ['that throws', 'throw new Error("no luck");', /cannot be loaded: no luck$/],
    [
      'that opens no client',
      `${head}export const source = defineSource({ open: () => undefined });`,
      /opened no client: "open" must return an object$/,
    ],
    [
      'that refuses its options',
      `${head}export const source = defineSource({ open() { throw new Error('no region'); } });`,
      /^source functions: no region$/,
    ],
  ])('is told so: one %s', async (_about, kind, message) => {
    const folder = await folderWith({ 'kind.ts': kind });
    const told = await mistake({ module: join(folder, 'kind.ts') });
    expect(told).toMatch(/^source functions: /);
    expect(told).toMatch(message);
  });

  it('is told so where the file does not exist', async () => {
    expect(await mistake({ module: './none.ts' })).toMatch(
      /sources\.functions\.module.*expected a file, got "\.\/none\.ts", which does not exist/s,
    );
  });

  it('gets the batching policy of its source, for its loaders', async () => {
    const open = "open({ batching }) { throw new Error('batches of ' + batching.batchMax); }";
    const folder = await folderWith({ 'kind.ts': `${head}export const source = defineSource({ ${open} });` });
    const policies = '{ services: { functions: { batching: { batchMax: 3 } } } }';
    expect(await mistake({ module: join(folder, 'kind.ts'), policies })).toBe(
      'source functions: batches of 3',
    );
  });

  it('checks its options', async () => {
    expect(await mistake({ options: '{ qualifer: live }' })).toBe(
      'source functions: unknown option "qualifer"; the only one is "qualifier"',
    );
  });

  it('must be the one that the resolvers are written for', async () => {
    const folder = await folderWith({
      'kind.ts': `${head}export const source = defineSource({ open: () => ({}) });`,
    });
    expect(await mistake({ module: join(folder, 'kind.ts') })).toBe(
      'subgraph quotes: its resolvers need source "functions" to be of the kind they import, but its "module" is another',
    );
  });

  it('is no kind that is built in', async () => {
    const resolvers = `import { defineSubgraph } from ${JSON.stringify(defineModule)};
export const subgraph = defineSubgraph({ sources: { functions: 'rest' }, resolvers: {} });`;
    const folder = await folderWith({ 'resolvers.ts': resolvers });
    expect(await mistake({ resolvers: join(folder, 'resolvers.ts') })).toBe(
      'subgraph quotes: its resolvers need source "functions" to be rest, but it is custom',
    );
  });
});

interface Given {
  readonly url?: string;
  readonly module?: string;
  readonly resolvers?: string;
  readonly options?: string;
  readonly headers?: string;
  readonly policies?: string;
  readonly timeoutMs?: number;
}

async function given(answer: Answer, about: Given = {}) {
  const service = await startStandIn(answer);
  onTestFinished(() => service.close());
  const loaded = await load({ url: service.url, ...about });
  onTestFinished(() => loaded.close());
  return { service, quotes: loaded.subgraphs.get('quotes') };
}

async function load(about: Given) {
  const { url = 'http://127.0.0.1:9', module = kindPath, resolvers = quotesPath } = about;
  const { options = '{}', headers = '{}', policies = '{}', timeoutMs = 5000 } = about;
  const folder = await folderWith({
    'graph.yaml': `
subgraphs:
  quotes:
    { kind: local, schema: quotes.graphql, resolvers: ${resolvers}, sources: [functions], owner: a-team }
sources:
  functions:
    kind: custom
    module: ${module}
    url: ${url}
    timeoutMs: ${timeoutMs}
    options: ${options}
    headers: ${headers}
`,
    'gateway.yaml': `policies: ${policies}\n`,
    'quotes.graphql': `
type Query { quote(upc: ID!): Float }
type Mutation { order(upc: ID!, key: String): ID }
`,
  });
  const config = await loadGatewayConfig(join(folder, 'gateway.yaml'));
  const backends = createBackends(config, new MutationCounter(), new Events());
  return loadSubgraphs(await loadGraphFile(join(folder, 'graph.yaml')), backends);
}

async function mistake(about: Given): Promise<string> {
  const error: unknown = await load(about).then(
    async (loaded) => {
      await loaded.close();
      return undefined;
    },
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
  return (error as Error).message;
}

async function codeOf(quotes: Parameters<typeof fetchFrom>[0], operation = quote): Promise<unknown> {
  const { errors } = await fetchFrom(quotes, operation);
  expect(errors).toHaveLength(1);
  return errors?.[0]?.extensions?.['code'];
}

/** The last one again and again. */
function inTurn(...answers: readonly Answer[]): Answer {
  let turn = 0;
  return (request, response) => {
    answers[Math.min(turn, answers.length - 1)]?.(request, response);
    turn += 1;
  };
}
