/** The product catalogue: a GraphQL subgraph, read-only. */

import { firstOf, startGraphqlMock } from '../shared/graphql-service.ts';
import type { GraphqlStartOptions, Mock } from '../shared/mock.ts';
import { createRandom, seedOf } from '../shared/random.ts';
import { generatedShop } from '../shared/shop.ts';
import type { Product } from '../shared/shop.ts';

interface FirstArgs {
  readonly first: number;
}

export function startProducts(options: GraphqlStartOptions = {}): Promise<Mock> {
  const { products } = generatedShop();
  const byUpc = new Map(products.map((product) => [product.upc, product]));
  const bestSellers = bySalesOf(products);

  const resolvers = {
    Query: {
      product: (_: unknown, { upc }: { upc: string }) => byUpc.get(upc) ?? null,
      products: (_: unknown, { first }: FirstArgs) => firstOf(products, first),
      topProducts: (_: unknown, { first }: FirstArgs) => firstOf(bestSellers, first),
      recommendations: (_: unknown, { userId, first }: FirstArgs & { userId: string }) =>
        firstOf(shuffledFor(userId, products), first),
    },
    Product: {
      __resolveReference: ({ upc }: { upc: string }) => byUpc.get(upc) ?? null,
    },
  };
  // Nothing to reset: the catalogue is read-only.
  return startGraphqlMock('products', { resolvers, resetData: () => {} }, options);
}

/** By units sold in the generated orders; equal ones in the order of their upcs. */
function bySalesOf(products: readonly Product[]): readonly Product[] {
  const sold = new Map<string, number>();
  for (const { items } of generatedShop().orders)
    for (const { upc, quantity } of items) sold.set(upc, (sold.get(upc) ?? 0) + quantity);
  return products.toSorted((a, b) => (sold.get(b.upc) ?? 0) - (sold.get(a.upc) ?? 0));
}

/** A Fisher-Yates shuffle seeded by the user's id, so that a user always gets the same recommendations. */
function shuffledFor(userId: string, products: readonly Product[]): readonly Product[] {
  const random = createRandom(seedOf(`taste of ${userId}`));
  const shuffled = [...products];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const chosen = random.whole(0, last);
    [shuffled[last], shuffled[chosen]] = [shuffled[chosen], shuffled[last]] as [Product, Product];
  }
  return shuffled;
}
