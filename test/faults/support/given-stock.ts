/** A gRPC source with its policies before real servers in two zones, each behind a fault proxy. */

import { onTestFinished } from 'vitest';

import { policyDefaults } from '../../../src/config/gateway/policies.ts';
import type { TlsMaterial } from '../../../src/config/gateway/transport.ts';
import { fixedEndpoints } from '../../../src/resilience/endpoints.ts';
import { Service, type ServiceOptions } from '../../../src/resilience/service.ts';
import { monotonicClock } from '../../../src/shared/clock.ts';
import { isGatewayError } from '../../../src/shared/errors.ts';
import { Events, type GatewayEvents } from '../../../src/shared/events.ts';
import { createGrpcSource } from '../../../src/sources/grpc/grpc-source.ts';
import { requestContext } from '../../support/context.ts';
import { stockProto, stockServer, type StockServerOptions } from '../../support/stock-server.ts';
import { openFaultProxy } from '../proxy/fault-proxy.ts';

export const openMs = 300;

export interface GivenStockOptions {
  readonly near: number;
  readonly far: number;
  readonly tls?: TlsMaterial;
  readonly policy?: Partial<ServiceOptions>;
  /** Short only where something never answers: the first call of a busy machine takes its time. */
  readonly attemptTimeoutMs?: number;
  readonly server?: StockServerOptions;
}

export async function givenStock(given: GivenStockOptions) {
  const { near, far, tls, policy = {}, server = {}, attemptTimeoutMs = 1500 } = given;
  const zones = [...Array<string>(near).fill('near'), ...Array<string>(far).fill('far')];
  const places = await Promise.all(
    zones.map(async (zone) => {
      const stock = await stockServer(zone, server);
      const proxy = await openFaultProxy({ port: stock.port });
      onTestFinished(() => proxy.close());
      return { server: stock, proxy, url: `grpc://127.0.0.1:${proxy.port}`, zone };
    }),
  );
  const events = new Events();
  const changes: Array<GatewayEvents['breakerChanged']> = [];
  events.on('breakerChanged', (change) => changes.push(change));
  const options = {
    ...policyDefaults,
    timeoutMs: 5000,
    reservePercent: 0,
    // A probe that fails is tried again elsewhere, if there is a try left.
    retries: {
      ...policyDefaults.retries,
      attemptTimeoutMs,
      baseMs: 1,
      budget: { percent: 20, perSecondMin: 50 },
    },
    replicas: {
      zones: ['near', 'far'],
      ejection: { ...policyDefaults.replicas.ejection, minimumCalls: 3, openMs, openMaxMs: 2 * openMs },
    },
    ...policy,
  };
  const service = new Service(options, {
    name: 'stock',
    clock: monotonicClock,
    random: Math.random,
    events,
  });
  onTestFinished(() => service.close());
  const { endpoints } = fixedEndpoints(places);
  service.replicas.follow(fixedEndpoints(places));
  const source = await createGrpcSource({ ...stockProto, transport: tls ? { tls } : {} }, service);
  onTestFinished(() => source.close());
  return {
    source,
    service,
    endpoints,
    changes,
    servers: places.map((place) => place.server),
    proxies: places.map(({ proxy }) => proxy),
    /** The place of the server that answered, or the code of the failure. */
    stock: async (): Promise<string> => {
      try {
        const answer = await source.call('GetStock', { upc: 'p' }, requestContext());
        return (answer as { readonly warehouse: string }).warehouse;
      } catch (error) {
        return codeOf(error);
      }
    },
    /** What a reader of a whole stream got: places, and at the end the code of its failure. */
    watch: async (updates: number, context = requestContext()): Promise<string[]> => {
      const got: string[] = [];
      try {
        for await (const message of source.stream('WatchStock', { upcs: ['p'], updates }, context)) {
          const { warehouse, quantity } = message as {
            readonly warehouse: string;
            readonly quantity: number;
          };
          got.push(`${warehouse} ${quantity}`);
        }
      } catch (error) {
        got.push(codeOf(error));
      }
      return got;
    },
  };
}

function codeOf(error: unknown): string {
  return isGatewayError(error) ? error.code : String(error);
}
