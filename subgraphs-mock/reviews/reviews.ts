/** Product reviews: a GraphQL subgraph that adds fields to `Product` and `User`. */

import { GraphQLError } from 'graphql';

import { firstOf, startGraphqlMock } from '../shared/graphql-service.ts';
import type { GraphqlStartOptions, Mock } from '../shared/mock.ts';
import { createdAtOf, generatedShop } from '../shared/shop.ts';
import type { Review } from '../shared/shop.ts';

interface FirstArgs {
  readonly first: number;
}

interface AddReviewInput {
  readonly upc: string;
  readonly userId: string;
  readonly rating: number;
  readonly body: string;
}

const bodyCharactersMax = 5_000;
const reviewsMax = 100_000;

export function startReviews(options: GraphqlStartOptions = {}): Promise<Mock> {
  const shelf = createShelf();
  const resolvers = {
    Query: {
      latestReviews: (_: unknown, { first }: FirstArgs) => firstOf(shelf.latest(), first),
    },
    Mutation: {
      addReview: (_: unknown, { input }: { input: AddReviewInput }) => shelf.add(input),
    },
    Review: {
      __resolveReference: ({ id }: { id: string }) => shelf.byId(id) ?? null,
      author: ({ userId }: Review) => ({ id: userId }),
      product: ({ upc }: Review) => ({ upc }),
    },
    Product: {
      __resolveReference: ({ upc }: { upc: string }) => (shelf.hasProduct(upc) ? { upc } : null),
      reviews: ({ upc }: { upc: string }, { first }: FirstArgs) => firstOf(shelf.ofProduct(upc), first),
      averageRating: ({ upc }: { upc: string }) => averageOf(shelf.ofProduct(upc)),
      reviewCount: ({ upc }: { upc: string }) => shelf.ofProduct(upc).length,
    },
    User: {
      __resolveReference: ({ id }: { id: string }) => (shelf.hasUser(id) ? { id } : null),
      reviews: ({ id }: { id: string }, { first }: FirstArgs) => firstOf(shelf.ofUser(id), first),
    },
  };
  return startGraphqlMock('reviews', { resolvers, resetData: shelf.reset }, options);
}

function averageOf(reviews: readonly Review[]): number | null {
  if (reviews.length === 0) return null;
  const sum = reviews.reduce((total, { rating }) => total + rating, 0);
  return Math.round((sum / reviews.length) * 100) / 100;
}

/** All reviews, newest first, with an index for each kind of query. */
function createShelf() {
  const shop = generatedShop();
  const upcs = new Set(shop.products.map(({ upc }) => upc));
  const userIds = new Set(shop.users.map(({ id }) => id));
  const byId = new Map<string, Review>();
  const byProduct = new Map<string, Review[]>();
  const byUser = new Map<string, Review[]>();
  const latest: Review[] = [];

  function put(review: Review): Review {
    byId.set(review.id, review);
    latest.unshift(review);
    for (const [index, key] of [
      [byProduct, review.upc],
      [byUser, review.userId],
    ] as const) {
      const list = index.get(key);
      if (list) list.unshift(review);
      else index.set(key, [review]);
    }
    return review;
  }

  function reset(): void {
    for (const index of [byId, byProduct, byUser]) index.clear();
    latest.length = 0;
    for (const review of shop.reviews) put(review);
  }

  function add({ upc, userId, rating, body }: AddReviewInput): Review {
    if (!upcs.has(upc)) throw badInput(`there is no product ${upc}`);
    if (!userIds.has(userId)) throw badInput(`there is no user ${userId}`);
    if (rating < 1 || rating > 5) throw badInput('a rating is 1 to 5');
    if (body.length > bodyCharactersMax)
      throw badInput(`a review has at most ${bodyCharactersMax} characters`);
    if (byId.size === reviewsMax) throw badInput('the shelf is full');
    const n = byId.size + 1;
    return put({ id: `r${n}`, upc, userId, rating, body, createdAt: createdAtOf(n - shop.reviews.length) });
  }

  reset();
  return {
    reset,
    add,
    latest: (): readonly Review[] => latest,
    byId: (id: string) => byId.get(id),
    ofProduct: (upc: string): readonly Review[] => byProduct.get(upc) ?? [],
    ofUser: (id: string): readonly Review[] => byUser.get(id) ?? [],
    hasProduct: (upc: string) => upcs.has(upc),
    hasUser: (id: string) => userIds.has(id),
  };
}

function badInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
