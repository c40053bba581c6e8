/** A gRPC service that says where it is: the stock service of schemas/protos, with its place as the warehouse. */

import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  status,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { onTestFinished } from 'vitest';

export const stockProto = {
  protoPath: fileURLToPath(new URL('../../schemas/protos/inventory.proto', import.meta.url)),
  service: 'tributary.inventory.v1.Inventory',
};

export interface StockServer {
  readonly port: number;
  /** Calls that came, by method. */
  readonly calls: Readonly<Record<'GetStock' | 'GetStocks' | 'WatchStock', number>>;
  /** `:authority` of each. */
  readonly hosts: ReadonlySet<string>;
  /** Streams under way. */
  readonly streams: number;
  /** From now on streams break with UNAVAILABLE after so many messages. */
  breakAfter(messages: number): void;
  /** From now on streams say nothing after so many messages, and do not end. */
  stallAfter(messages: number): void;
  close(): Promise<void>;
}

interface Request {
  readonly upc: string;
  readonly upcs: readonly string[];
  readonly updates: number;
}

export interface StockServerOptions {
  readonly host?: string;
  readonly port?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Between messages of a stream. */
  readonly gapMs?: number;
}

export async function stockServer(
  place: string,
  { host = '127.0.0.1', port = 0, tls, gapMs = 1 }: StockServerOptions = {},
): Promise<StockServer> {
  const calls = { GetStock: 0, GetStocks: 0, WatchStock: 0 };
  const hosts = new Set<string>();
  let streams = 0;
  let [breaksAfter, stallsAfter] = [Infinity, Infinity];
  const stockOf = (upc: string, quantity = 1) => ({ upc, quantity, warehouse: place });

  async function watch(call: ServerWritableStream<Request, object>): Promise<void> {
    const { updates, upcs } = call.request;
    for (let sent = 0; sent < (updates || Infinity); sent += 1) {
      if (sent >= stallsAfter || call.cancelled) return;
      if (sent >= breaksAfter) {
        call.emit('error', { code: status.UNAVAILABLE, details: 'it broke' });
        return;
      }
      call.write(stockOf(upcs[0] ?? '', sent));
      await sleep(gapMs);
    }
    call.end();
  }

  const server = new Server();
  server.addService(definitionOf(), {
    GetStock(call: ServerUnaryCall<Request, object>, answer: sendUnaryData<object>) {
      calls.GetStock += 1;
      hosts.add(call.getHost());
      answer(null, stockOf(call.request.upc));
    },
    GetStocks(call: ServerUnaryCall<Request, object>, answer: sendUnaryData<object>) {
      calls.GetStocks += 1;
      hosts.add(call.getHost());
      answer(null, { stocks: call.request.upcs.map((upc) => stockOf(upc)) });
    },
    WatchStock(call: ServerWritableStream<Request, object>) {
      calls.WatchStock += 1;
      streams += 1;
      let isOver = false;
      const over = (): void => {
        if (!isOver) streams -= 1;
        isOver = true;
      };
      for (const event of ['cancelled', 'finish', 'close']) call.on(event, over);
      void watch(call);
    },
  });
  const credentials = tls
    ? ServerCredentials.createSsl(null, [
        { private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) },
      ])
    : ServerCredentials.createInsecure();
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, credentials, (error, found) => {
      if (error) reject(error);
      else resolve(found);
    });
  });
  const close = (): Promise<void> => Promise.resolve(server.forceShutdown());
  onTestFinished(close);
  return {
    port: bound,
    calls,
    hosts,
    get streams() {
      return streams;
    },
    breakAfter: (messages) => void (breaksAfter = messages),
    stallAfter: (messages) => void (stallsAfter = messages),
    close,
  };
}

function definitionOf(): ServiceDefinition {
  const loaded = loadPackageDefinition(loadSync(stockProto.protoPath, { defaults: true, arrays: true }));
  const found = stockProto.service
    .split('.')
    .reduce<unknown>((scope, part) => (scope as Record<string, unknown>)[part], loaded);
  return (found as { readonly service: ServiceDefinition }).service;
}
