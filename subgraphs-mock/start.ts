/** Starts all seven mocks, or some of them, in one process. */

import { startInventory } from './inventory/inventory.ts';
import { startOrders } from './orders/orders.ts';
import { startPayments } from './payments/payments.ts';
import { startProducts } from './products/products.ts';
import { startReviews } from './reviews/reviews.ts';
import { mockNames, mockTable } from './shared/mock.ts';
import type { GraphqlStartOptions, Mock, MockName, PaymentsMock } from './shared/mock.ts';
import { startShipping } from './shipping/shipping.ts';
import { startUsers } from './users/users.ts';

export interface StartMocksOptions {
  /** Default 4100. With 5100, products listens on 5101, its control address on 5201. 0: any free ports. */
  readonly portBase?: number;
  /** Ports of single services, which override `portBase`. */
  readonly ports?: Readonly<Partial<Record<MockName, number>>>;
  /** Default: all seven. */
  readonly only?: readonly MockName[];
  /** For the three GraphQL mocks: compute the response to each request body once. Default false. */
  readonly memoise?: boolean;
}

export interface Mocks {
  /** The started mocks, in the order of the table. */
  readonly all: readonly Mock[];
  /** @throws {Error} If that service was not among those started. */
  service<Name extends MockName>(name: Name): Name extends 'payments' ? PaymentsMock : Mock;
  /** Resets every mock: the generated data, no faults, no calls. */
  reset(): void;
  close(): Promise<void>;
}

const starters = {
  products: startProducts,
  reviews: startReviews,
  orders: startOrders,
  users: startUsers,
  payments: startPayments,
  inventory: startInventory,
  shipping: startShipping,
} as const satisfies Record<MockName, (options: GraphqlStartOptions) => Promise<Mock>>;

const defaultPortBase = 4_100;

/** @throws {Error} If a port is in use; then none of the mocks is left running. */
export async function startMocks(options: StartMocksOptions = {}): Promise<Mocks> {
  const names = mockNames.filter((name) => options.only?.includes(name) ?? true);
  const results = await Promise.allSettled(
    names.map((name) => starters[name]({ port: portOf(name, options), memoise: options.memoise ?? false })),
  );
  const all = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const close = async (): Promise<void> => {
    await Promise.all(all.map((mock) => mock.close()));
  };
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) {
    await close();
    throw failed.reason;
  }
  return {
    all,
    service: <Name extends MockName>(name: Name) => {
      const mock = all.find((candidate) => candidate.name === name);
      if (!mock) throw new Error(`${name} was not started; started: ${names.join(', ')}`);
      return mock as Name extends 'payments' ? PaymentsMock : Mock;
    },
    reset: () => all.forEach((mock) => mock.reset()),
    close,
  };
}

function portOf(name: MockName, { portBase = defaultPortBase, ports }: StartMocksOptions): number {
  return ports?.[name] ?? (portBase === 0 ? 0 : mockTable[name].port - defaultPortBase + portBase);
}
