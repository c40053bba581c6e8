/**
 * The whole shop for the tests of one file: the mock services on free ports, and the gateway before them in process.
 * vitest.config.ts says which of them run through the other front too, which must pass the same tests.
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, beforeEach } from 'vitest';

import { type RunningGateway, start } from '../../src/assembly/start.ts';
import { type Mocks, startMocks } from '../../subgraphs-mock/start.ts';
import { patient } from './patient.ts';
import { ask, type AskOptions, type GraphqlReply } from './ask.ts';

export interface Shop {
  /** Of the GraphQL endpoint. */
  readonly url: string;
  readonly mocks: Mocks;
  /** Of `/metrics`. */
  readonly metricsUrl: string;
  query(text: string, options?: AskOptions): Promise<GraphqlReply>;
  close(): Promise<void>;
}

export interface ShopOptions {
  /** Added to the addresses of the mocks, such as NODE_ENV. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Of a gateway.yaml, besides which front. */
  readonly settings?: string;
}

export const graphPath = fileURLToPath(new URL('../../schemas/graph.yaml', import.meta.url));

/** A graph.yaml of the products alone, for processes of which only what they are counts: they start much sooner. */
export const productsGraph = `subgraphs:
  products:
    kind: graphql
    url: \${PRODUCTS_URL}
    schema: ${graphPath.replace('graph.yaml', 'subgraphs/products/schema.graphql')}
    owner: catalog-team
`;

export async function openShop({ environment, settings = '' }: ShopOptions = {}): Promise<Shop> {
  const mocks = await startMocks({ portBase: 0 });
  const folder = await mkdtemp(join(tmpdir(), 'tributary-shop-'));
  let gateway: RunningGateway;
  try {
    const configPath = join(folder, 'gateway.yaml');
    await writeFile(
      configPath,
      `front: ${process.env.TEST_FRONT ?? 'direct'}\n${settings.includes('admission:') ? '' : patient}${settings}`,
    );
    gateway = await start({
      graphPath,
      port: 0,
      logLevel: 'silent',
      environment: { ...environment, ...addressVariables(mocks) },
      configPath,
    });
  } catch (error) {
    await mocks.close();
    throw error;
  } finally {
    await rm(folder, { recursive: true });
  }
  return {
    url: gateway.url,
    metricsUrl: gateway.metricsUrl ?? '',
    mocks,
    query: (text, options) => ask(gateway.url, text, options),
    async close() {
      await gateway.close();
      await mocks.close();
    },
  };
}

/** Registers the hooks; the shop is there once tests run, its mocks reset before each of them. */
export function useShop(options: ShopOptions = {}): Shop {
  let open: Shop | undefined;
  beforeAll(async () => {
    open = await openShop(options);
  });
  beforeEach(() => open?.mocks.reset());
  afterAll(() => open?.close());
  const shop = (): Shop => {
    if (!open) throw new Error('the shop is not open yet');
    return open;
  };
  return {
    get url() {
      return shop().url;
    },
    get mocks() {
      return shop().mocks;
    },
    get metricsUrl() {
      return shop().metricsUrl;
    },
    query: (text, asked) => shop().query(text, asked),
    close: () => shop().close(),
  };
}

/** `products` is `PRODUCTS_URL` in graph.yaml. */
export function addressVariables({ all }: Mocks): Record<string, string> {
  return Object.fromEntries(all.map(({ name, url }) => [`${name.toUpperCase()}_URL`, url]));
}
