/** Stock levels: a gRPC service with one server stream. */

import { setTimeout as sleep } from 'node:timers/promises';

import { createGrpcServer, RpcError } from '../shared/grpc-service.ts';
import type { GrpcApp, Message } from '../shared/grpc-service.ts';
import type { Mock, StartOptions } from '../shared/mock.ts';
import { createRandom, seedOf } from '../shared/random.ts';
import { generatedShop } from '../shared/shop.ts';
import type { Stock } from '../shared/shop.ts';
import { startMock } from '../shared/start-mock.ts';

const upcsMax = 1_000;
const updatesMax = 10_000;
const updateIntervalMs = 50;

export function startInventory(options: StartOptions = {}): Promise<Mock> {
  const app = createApp();
  return startMock(
    'inventory',
    {
      createServer: (calls, faults) => createGrpcServer(app, calls, faults),
      urlOf: (address) => `grpc://${address}`,
      // Nothing to reset: a watched level changes for its watcher only.
      resetData: () => {},
    },
    options,
  );
}

function createApp(): GrpcApp {
  const byUpc = new Map(generatedShop().stocks.map((stock) => [stock.upc, stock]));

  function find(upc: string): Stock {
    const stock = byUpc.get(upc);
    if (!stock) throw new RpcError('NOT_FOUND', `there is no product ${upc}`);
    return stock;
  }

  return {
    proto: 'inventory.proto',
    service: 'tributary.inventory.v1.Inventory',
    unary: {
      GetStock: (request) => toMessage(find(String(request['upc']))),
      GetStocks: (request) => ({
        stocks: upcsOf(request).flatMap((upc) => byUpc.get(upc) ?? []),
      }),
    },
    streams: {
      WatchStock: (request, signal) => watch(upcsOf(request).map(find), Number(request['updates']), signal),
    },
  };
}

function upcsOf(request: Message): string[] {
  const upcs = request['upcs'] as string[];
  if (upcs.length > upcsMax)
    throw new RpcError('INVALID_ARGUMENT', `at most ${upcsMax} upcs, not ${upcs.length}`);
  return upcs;
}

/** First the current level of each product, then small changes, one product after the other. */
async function* watch(
  stocks: readonly Stock[],
  updates: number,
  signal: AbortSignal,
): AsyncIterable<Message> {
  if (stocks.length === 0) throw new RpcError('INVALID_ARGUMENT', 'name some products to watch');
  const random = createRandom(seedOf(stocks.map(({ upc }) => upc).join()));
  const levels = new Map(stocks.map(({ upc, quantity }) => [upc, quantity]));
  const count = Math.min(updates === 0 ? updatesMax : updates, updatesMax);
  for (let sent = 0; sent < count; sent += 1) {
    const stock = stocks[sent % stocks.length];
    if (!stock) return;
    if (sent > 0) await sleep(updateIntervalMs, undefined, { signal });
    const change = sent < stocks.length ? 0 : random.whole(-5, 5);
    const quantity = Math.max(0, (levels.get(stock.upc) ?? 0) + change);
    levels.set(stock.upc, quantity);
    yield toMessage({ ...stock, quantity });
  }
}

function toMessage(stock: Stock): Message {
  return { ...stock };
}
