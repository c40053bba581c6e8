/** Labels of @override through a whole gateway: sticky per request id, and part of what an operation is kept by. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { loadGatewayConfig, type GatewayConfig } from '../../src/config/gateway/gateway-config.ts';
import { openGateway } from '../../src/assembly/gateway.ts';
import { Events } from '../../src/shared/events.ts';
import { requestContext } from '../support/context.ts';
import { readRequest } from '../support/read.ts';
import { folderWith } from '../support/folder.ts';
import { labelMonolith, labelSubgraphs } from './fixtures/labels.ts';
import { composeFixture, subgraphTransport, type SubgraphSend } from './oracle/compose.ts';

const fixture = {
  name: 'labels',
  about: 'for a gateway',
  subgraphs: labelSubgraphs,
  monolith: labelMonolith(new Set()),
  operations: [],
};
const servers: Server[] = [];
let sdl = composeFixture(fixture);
let config: GatewayConfig;

beforeAll(async () => {
  config = await loadGatewayConfig(undefined);
  for (const [name, send] of Object.entries(subgraphTransport(fixture).services)) {
    sdl = sdl.replace(`"http://127.0.0.1/${name}"`, `"${await served(send)}"`);
  }
});
afterAll(() => servers.forEach((server) => server.close()));

describe('a gateway over a supergraph with labels', () => {
  it('gives a request id the same side of a percentage every time, and others theirs', async () => {
    const sides = await answersFor({ ...config, labels: {} }, '{ gadget(id: "g1") { price } }');
    expect(sides.first).toEqual(sides.second);
    const modern = sides.first.filter((answer) => answer.includes('modern')).length;
    // 25 percent of 60.
    expect(modern).toBeGreaterThan(3);
    expect(modern).toBeLessThan(30);
  });

  it('follows the configuration for labels of its own', async () => {
    const settings = { 'stock-moves': true, 'percent(25)': false };
    const query = '{ count gadget(id: "g1") { price stock } }';
    const { first } = await answersFor({ ...config, labels: settings }, query);
    const price = 'legacy price of g1';
    const stock = 'modern stock of g1';
    expect(new Set(first)).toEqual(new Set([JSON.stringify({ count: 1, gadget: { price, stock } })]));
  });

  it('asks a module of labels, and answers without the label where that fails', async () => {
    const labelsModule = await moduleOf(`export const labels = ({ requestId }, names) => {
      if (requestId === 'request-1') throw new Error('no flags today');
      return requestId === 'request-2' ? names : [];
    };`);
    const { first } = await answersFor({ ...config, labelsModule }, '{ gadget(id: "g1") { stock } }');
    const modern = first.flatMap((answer, index) => (answer.includes('modern') ? [index] : []));
    expect(modern).toEqual([2]);
  });

  it('answers without labels where the module promises them, whatever becomes of that', async () => {
    const labelsModule = await moduleOf("export const labels = async () => { throw new Error('no flags') };");
    const { first } = await answersFor({ ...config, labelsModule }, '{ gadget(id: "g1") { stock } }');
    expect(first.filter((answer) => answer.includes('modern'))).toEqual([]);
    expect(first.length).toBeGreaterThan(0);
  });

  it('is refused with the reason where the module of labels is none', async () => {
    const labelsModule = await moduleOf('export const flags = 1;');
    await expect(answersFor({ ...config, labelsModule }, '{ count }')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('must export "labels"'),
    });
  });
});

async function moduleOf(text: string): Promise<string> {
  return join(await folderWith({ 'labels.mjs': text }), 'labels.mjs');
}

/** What 60 requests get, and the same ones again. */
async function answersFor(
  settings: GatewayConfig,
  query: string,
): Promise<{ first: string[]; second: string[] }> {
  const gateway = await openGateway({ kind: 'supergraph', sdl }, { config: settings, events: new Events() });
  const turn = async (): Promise<string[]> => {
    const answers: string[] = [];
    for (let i = 0; i < 60; i += 1) {
      const context = requestContext({ requestId: `request-${i}` });
      const { answer } = await gateway.operate(readRequest({ context, query }));
      answers.push(JSON.stringify(answer.data));
    }
    return answers;
  };
  try {
    return { first: await turn(), second: await turn() };
  } finally {
    await gateway.close();
  }
}

async function served(send: SubgraphSend): Promise<string> {
  const server = createServer((request, response) => {
    void json(request).then(async (body) => {
      const { query, variables = {} } = body as { query: string; variables?: Record<string, unknown> };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(await send(query, variables)));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}
