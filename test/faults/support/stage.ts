/** The shop's services, each behind a fault proxy, and a gateway in this process before them. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { start, type RunningGateway } from '../../../src/assembly/start.ts';
import type { MockName } from '../../../subgraphs-mock/shared/mock.ts';
import { startMocks, type Mocks } from '../../../subgraphs-mock/start.ts';
import { ask, type AskOptions, type GraphqlReply } from '../../support/ask.ts';
import { openFaultProxy, type FaultProxy } from '../proxy/fault-proxy.ts';

/** Every source of graph.yaml has a proxy of its own. */
export const proxied = {
  products: 'products',
  orders: 'orders',
  catalog: 'products',
  users: 'users',
  payments: 'payments',
  inventory: 'inventory',
  shipping: 'shipping',
} as const satisfies Record<string, MockName>;

export type ProxiedName = keyof typeof proxied;

export interface Stage {
  readonly url: string;
  readonly mocks: Mocks;
  proxy(name: ProxiedName): FaultProxy;
  query(text: string, options?: AskOptions): Promise<GraphqlReply>;
  close(): Promise<void>;
}

export const graphPath = fileURLToPath(new URL('../graph/graph.yaml', import.meta.url));

/** @param settings Text of gateway.yaml. */
export async function openStage(settings: string): Promise<Stage> {
  const mocks = await startMocks({
    portBase: 0,
    only: ['products', 'orders', 'users', 'payments', 'inventory', 'shipping'],
  });
  const proxies = new Map<string, FaultProxy>();
  const closeBackends = async (): Promise<void> => {
    await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
    await mocks.close();
  };
  try {
    const environment: Record<string, string> = {};
    for (const [name, mock] of Object.entries(proxied)) {
      const url = new URL(mocks.service(mock).url);
      const proxy = await openFaultProxy({ port: Number(url.port) });
      proxies.set(name, proxy);
      url.port = String(proxy.port);
      environment[`${name.toUpperCase()}_URL`] = url.href.replace(/\/$/, '');
    }
    const gateway = await startGateway({ graph: graphPath, environment, settings });
    return {
      url: gateway.url,
      mocks,
      proxy(name) {
        const proxy = proxies.get(name);
        if (!proxy) throw new Error(`there is no proxy before ${name}`);
        return proxy;
      },
      query: (text, options) => ask(gateway.url, text, options),
      async close() {
        await gateway.close();
        await closeBackends();
      },
    };
  } catch (error) {
    await closeBackends();
    throw error;
  }
}

export interface GatewayOptions {
  readonly graph: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly settings: string;
}

export async function startGateway({
  graph,
  environment,
  settings,
}: GatewayOptions): Promise<RunningGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-faults-'));
  try {
    const configPath = join(folder, 'gateway.yaml');
    await writeFile(configPath, settings);
    return await start({ graphPath: graph, port: 0, logLevel: 'silent', environment, configPath });
  } finally {
    await rm(folder, { recursive: true });
  }
}
