/** A service whose answers are odd costs what is odd about them: the rest comes, and each error says what it is about. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from 'vitest';

import type { RunningGateway } from '../../src/assembly/start.ts';
import { ask, type ReplyError } from '../support/ask.ts';
import type { OddAnswer, Sent } from './support/odd-answer.ts';
import { oddAnswers, pricesSdl, thingsSdl } from './support/odd-answers.ts';
import { startGateway } from './support/stage.ts';

let odd: OddAnswer | undefined;
let gateway: RunningGateway;
const servers: Server[] = [];
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tributary-odd-'));
  const things = await serve(() => odd?.things);
  const prices = await serve(() => odd?.prices);
  await writeFile(join(folder, 'things.graphql'), thingsSdl);
  await writeFile(join(folder, 'prices.graphql'), pricesSdl);
  const subgraph = (name: string, port: number): string =>
    `  ${name}: { kind: graphql, url: "http://127.0.0.1:${port}/graphql", schema: ${name}.graphql, owner: test-team, transport: { acceptEncodings: [gzip] } }\n`;
  await writeFile(
    join(folder, 'graph.yaml'),
    `subgraphs:\n${subgraph('things', things)}${subgraph('prices', prices)}`,
  );
  gateway = await startGateway({
    graph: join(folder, 'graph.yaml'),
    environment: {},
    // Retries would be more of the same, and an open breaker would spare the gateway the next answer.
    settings: `errors: { backendMessages: pass }
policies: { defaults: { retries: { max: 0 }, breaker: { mode: disabled } } }
`,
  });
});
afterAll(async () => {
  await gateway.close();
  for (const server of servers) server.close();
  await rm(folder, { recursive: true });
});

it.each(Object.entries(oddAnswers))('%s', async (_name, answer) => {
  odd = answer;
  const { data, errors = [], status } = await ask(gateway.url, answer.query);
  expect({ status, data, errors: errors.map(inShort) }).toEqual({
    status: 200,
    data: answer.data,
    errors: answer.errors,
  });
  if (answer.message !== undefined) expect(errors[0]?.message).toBe(answer.message);
});

function inShort({ path, extensions }: ReplyError): string {
  const { code, service, retryable } = extensions;
  const where = path === undefined ? '-' : path.join('.');
  return `${where} ${String(code)} ${typeof service === 'string' ? service : '-'}${retryable === true ? ' retryable' : ''}`;
}

async function serve(sent: () => Sent | undefined): Promise<number> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const { status = 200, headers, body = '' } = sent() ?? { status: 500 };
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}
