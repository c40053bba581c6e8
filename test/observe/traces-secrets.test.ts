/** What clients send and services say never leaves in a span. */

import { expect, it, onTestFinished } from 'vitest';

import { otlpReceiver } from '../support/otlp-receiver.ts';
import { openShop } from '../support/shop.ts';

const canary = 'canary7f3a';

it('no credential, cookie, header, variable, document, answer or word of a service is in any export', async () => {
  const receiver = await otlpReceiver();
  onTestFinished(() => receiver.close());
  const shop = await openShop({
    environment: { NODE_ENV: 'production' },
    settings: `
traces:
  sampleRatio: 1
  attributes: { fromHeaders: [x-region] }
  otlp: { url: "${receiver.url}", intervalMs: 50, headers: { x-api-key: of-the-receiver } }
`,
  });
  onTestFinished(() => shop.close());
  const headers = {
    authorization: `Bearer ${canary}`,
    cookie: `session=${canary}`,
    'x-user-id': canary,
    'x-correlation-id': canary,
    'x-unlisted': canary,
    'x-region': 'eu-west',
    'user-agent': canary,
  };
  const ask = (operation: string, text: string, variables = {}) =>
    shop.query(text.replace('NAME', operation), { headers, variables });
  // A path of REST, a gRPC message, a GraphQL variable, an argument in the document, an alias.
  await ask('Variables', 'query NAME($id: ID!) { user(id: $id) { name } order(id: $id) { id } }', {
    id: canary,
  });
  await ask(
    'Document',
    `query NAME { ${canary}: user(id: "${canary}") { name } product(upc: "${canary}") { name stock: inStock } }`,
  );
  await ask(
    'Payment',
    'query NAME($id: ID!) { orderDetails(orderId: $id) { payment { status } shipment { carrier } } }',
    { id: canary },
  );
  // What is wrong with it is told to the client in its own words.
  await ask('Invalid', `query NAME { ${canary} }`);
  await ask('Input', 'query NAME($first: Int!) { topProducts(first: $first) { name } }', { first: canary });
  // Services repeat what they got.
  for (const { faults } of shop.mocks.all) faults.set({ status: 500 });
  await ask('Failing', 'query NAME($id: ID!) { user(id: $id) { name } order(id: $id) { id } }', {
    id: canary,
  });
  for (const { faults } of shop.mocks.all) faults.set({ garbage: true });
  await ask('Garbage', 'query NAME($id: ID!) { user(id: $id) { name } order(id: $id) { id } }', {
    id: canary,
  });
  for (const name of ['Variables', 'Document', 'Payment', 'Failing', 'Garbage']) {
    await receiver.trace(({ attributes }) => attributes['graphql.operation.name'] === name);
  }
  await receiver.trace(({ attributes }) => attributes['error.type'] === 'BAD_USER_INPUT');
  await receiver.trace(({ attributes }) => attributes['error.type'] === 'GRAPHQL_VALIDATION_FAILED');
  expect(receiver.spans.some(({ failure }) => failure !== null)).toBe(true);
  const regions = receiver.spans.map(({ attributes }) => attributes['http.request.header.x-region']);
  expect(regions).toContainEqual(['eu-west']);
  const exported = receiver.raw();
  const { length } = exported.split(canary);
  console.log(`${receiver.spans.length} spans, ${exported.length} bytes, canary found ${length - 1} times`);
  expect(length - 1).toBe(0);
  expect(exported).not.toContain('injected fault');
  expect(exported).not.toContain('topProducts(');
});
