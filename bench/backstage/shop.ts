/**
 * The rows behind the benchmark's own subgraphs, each a pure function of its number: every process that asks sees
 * the same shop, and no row is stored. Resolvers ignore `asOf`: it only makes two requests different.
 */

export type Resolvers = Record<string, Record<string, (parent: never, args: never) => unknown>>;

const memberCount = 40;
const productCount = 30;
/** The review numbers of a product are multiples of this, because 7 * 13 leaves 1 when divided by 30. */
const inverseOfSeven = 13;

interface First {
  readonly first: number;
}

interface MemberKey {
  readonly id: string;
}

interface ProductKey {
  readonly upc: string;
}

export interface MemberRow extends MemberKey {
  readonly name: string;
  readonly handle: string;
  readonly joinedOn: string;
}

export const serviceNames = ['accounts', 'products', 'reviews', 'inventory'] as const;
export type ServiceName = (typeof serviceNames)[number];

export const resolversOf: Readonly<Record<ServiceName, Resolvers>> = {
  accounts: {
    Query: {
      members: (_: never, { first }: First) => numbers(first).map(memberRow),
      member: (_: never, { id }: MemberKey) => memberRow(numberIn(id)),
    },
    Member: { __resolveReference: ({ id }: MemberKey) => memberRow(numberIn(id)) },
  },
  products: {
    Query: {
      featured: (_: never, { first }: First) => numbers(first).map((n) => productRow(n * 3)),
      catalog: (_: never, { first }: First) => numbers(first).map(productRow),
    },
    Product: { __resolveReference: ({ upc }: ProductKey) => productRow(numberIn(upc)) },
  },
  reviews: {
    Query: { latestReviews: (_: never, { first }: First) => numbers(first).map((n) => reviewRow(n * 11)) },
    Member: {
      __resolveReference: ({ id }: MemberKey) => ({ id }),
      reviews: ({ id }: MemberKey, { first }: First) =>
        numbers(first).map((n) => reviewRow(numberIn(id) + n * memberCount)),
    },
    Product: {
      __resolveReference: ({ upc }: ProductKey) => ({ upc }),
      reviews: ({ upc }: ProductKey, { first }: First) =>
        numbers(first).map((n) =>
          reviewRow(((numberIn(upc) * inverseOfSeven) % productCount) + n * productCount),
        ),
      digest: ({ upc }: ProductKey) => filler(`What buyers say of ${upc}`, 200),
    },
  },
  inventory: {
    Product: {
      __resolveReference: (known: ProductKey) => known,
      inStock: ({ upc }: ProductKey) => numberIn(upc) % 4 !== 0,
      shippingCents: ({ priceCents, grams }: { readonly priceCents: number; readonly grams: number }) =>
        priceCents > 90_000 ? 0 : Math.round(grams / 2),
    },
  },
};

export function memberRow(n: number): MemberRow {
  return {
    id: `m${n}`,
    name: `Member Number ${n}`,
    handle: `member-${n}`,
    joinedOn: `20${10 + (n % 15)}-0${1 + (n % 9)}-17`,
  };
}

export function numberIn(id: string): number {
  return Number(id.slice(1));
}

function productRow(n: number): object {
  return {
    upc: `p${n}`,
    title: `Product ${n}, the ${n % 2 === 0 ? 'plain' : 'fancy'} one`,
    priceCents: 1000 + ((n * 7919) % 99_000),
    grams: 100 + ((n * 613) % 9000),
    blurb: filler(`Product ${n}`, 250),
  };
}

function reviewRow(n: number): object {
  return {
    id: `r${n}`,
    text: filler(`Review ${n}`, 48),
    stars: 1 + (n % 5),
    author: { id: `m${n % memberCount}` },
    product: { upc: `p${(n * 7) % productCount}` },
  };
}

function filler(start: string, length: number): string {
  return `${start}: ${'it does what it says and it lasts; '.repeat(Math.ceil(length / 34))}`.slice(0, length);
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
