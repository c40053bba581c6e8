/**
 * What the fault matrix is made of: toxics, kinds of source, and shapes of graph. A shape is an operation that needs one
 * service, with what of its answer goes where that service fails and at which paths errors say so.
 */

import type { Toxic } from '../proxy/toxics.ts';
import type { ProxiedName } from './stage.ts';

export const kinds = {
  graphql: 'orders',
  rest: 'users',
  grpc: 'inventory',
  // An in-process subgraph that asks sources of three kinds in one fetch.
  local: 'catalog',
} as const satisfies Record<string, ProxiedName>;

export type Kind = keyof typeof kinds;

export interface Ordeal {
  readonly name: string;
  /** Whether the service can still be used: then every answer is right and its breaker stays closed. */
  readonly isMild: boolean;
  /** For a protocol whose answers are so long. */
  toxic(kind: Kind): Toxic;
  /** Codes that a call may end with. */
  readonly codes: readonly string[];
}

const [timeout, unavailable, unusable] = ['SERVICE_TIMEOUT', 'SERVICE_UNAVAILABLE', 'SERVICE_BAD_RESPONSE'];
const broken = [unavailable, unusable];

/** In the middle of an answer's body: gRPC has shorter heads. */
const middle = (kind: Kind): number => (kind === 'grpc' ? 40 : 180);

export const ordeals: readonly Ordeal[] = [
  severe('latency past the timeout', [timeout], { kind: 'latency', ms: 1500 }),
  severe('bandwidth of a trickle', [timeout], { kind: 'bandwidth', bytesPerSecond: 40 }),
  severe('slices of one byte', [timeout], { kind: 'slice', bytes: 1, gapMs: 60 }),
  severe('reset before the request', broken, { kind: 'reset', afterBytes: 0, direction: 'request' }),
  severe('reset before the answer', broken, { kind: 'reset', afterBytes: 0 }),
  severe('reset in the answer', broken, (kind) => ({ kind: 'reset', afterBytes: middle(kind) })),
  severe('truncate to nothing', broken, { kind: 'truncate', afterBytes: 0 }),
  severe('truncate in the answer', broken, (kind) => ({ kind: 'truncate', afterBytes: middle(kind) })),
  severe('blackhole', [timeout], { kind: 'blackhole' }),
  severe('blackhole that forgets', [timeout], { kind: 'blackhole', forgets: true }),
  severe('refuse', [unavailable], { kind: 'refuse' }),
  // Last: they leave many healthy calls behind, which the breaker weighs against failures.
  mild('latency', { kind: 'latency', ms: 20 }),
  mild('jitter', { kind: 'latency', ms: 2, jitterMs: 40 }),
  mild('bandwidth', { kind: 'bandwidth', bytesPerSecond: 100_000 }),
  mild('slice', { kind: 'slice', bytes: 40, gapMs: 1 }),
];

function mild(name: string, toxic: Toxic): Ordeal {
  return { name, isMild: true, toxic: () => toxic, codes: [] };
}

function severe(
  name: string,
  codes: ReadonlyArray<string | undefined>,
  toxic: Toxic | ((kind: Kind) => Toxic),
): Ordeal {
  return {
    name,
    isMild: false,
    toxic: (kind) => (typeof toxic === 'function' ? toxic(kind) : toxic),
    codes: codes.flatMap((code) => code ?? []),
  };
}

export const shapes = ['root', 'list', 'parallel'] as const;
export type Shape = (typeof shapes)[number];

export interface Operation {
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Paths of what becomes null; `*` stands for every index. */
  readonly lost: readonly string[];
  /** Paths of the errors, in the same form. */
  readonly errorPaths: readonly string[];
}

/** @param n Whole, from 0. Different numbers ask for different things, so that calls in flight are not shared. */
export function operationOf(kind: Kind, shape: Shape, n: number): Operation {
  const { text, lost, errorPaths = lost } = operations[kind][shape];
  const [id, next] = [1 + (n % 90), 2 + (n % 90)];
  const all: Readonly<Record<string, string | number>> = {
    o: `o${id}`,
    o2: `o${next}`,
    p: `p${id}`,
    p2: `p${next}`,
    u: `u${id}`,
    u2: `u${next}`,
    count: 1 + (n % 12),
  };
  const used = Object.keys(all).filter((name) => new RegExp(`\\$${name}\\b`).test(text));
  const declared = used.map((name) => `$${name}: ${name === 'count' ? 'Int!' : 'ID!'}`);
  return {
    text: `query (${declared.join(', ')}) ${text}`,
    variables: Object.fromEntries(used.map((name) => [name, all[name]])),
    lost,
    errorPaths,
  };
}

type Template = Pick<Operation, 'text' | 'lost'> & Partial<Pick<Operation, 'errorPaths'>>;

const operations: Record<Kind, Record<Shape, Template>> = {
  graphql: {
    root: { text: '{ order(id: $o) { status total } product(upc: $p) { name } }', lost: ['order'] },
    list: {
      text: '{ users(ids: [$u, $u2]) { name orders(first: 2) { total } } }',
      lost: ['users.*'],
      errorPaths: ['users.*.orders'],
    },
    parallel: {
      text: `{
        orderDetails(orderId: $o) { order { total } payment { status } }
        user(id: $u) { name orders(first: 1) { total } }
        product(upc: $p) { name inStock }
      }`,
      lost: ['orderDetails.order', 'user'],
      errorPaths: ['orderDetails.order', 'user.orders'],
    },
  },
  rest: {
    root: { text: '{ user(id: $u) { name email } product(upc: $p) { name } }', lost: ['user'] },
    list: { text: '{ orders(first: $count) { id status user { name } } }', lost: ['orders.*.user.name'] },
    parallel: {
      text: `{
        a: order(id: $o) { status user { name } }
        b: order(id: $o2) { status user { strictEmail } }
        product(upc: $p) { name inStock }
      }`,
      lost: ['a.user.name', 'b'],
      errorPaths: ['a.user.name', 'b.user.strictEmail'],
    },
  },
  grpc: {
    root: { text: '{ stock(upc: $p) product(upc: $p) { name } }', lost: ['stock'] },
    list: {
      text: '{ products(first: $count) { upc inStock quantity } }',
      lost: ['products.*.inStock', 'products.*.quantity'],
    },
    parallel: {
      text: `{
        a: product(upc: $p) { name inStock }
        b: product(upc: $p2) { name strictLevel }
        user(id: $u) { name }
      }`,
      lost: ['a.inStock', 'b'],
      errorPaths: ['a.inStock', 'b.strictLevel'],
    },
  },
  local: {
    root: {
      text: '{ desk(orderId: $o, upc: $p) { title paymentStatus quantity } }',
      lost: ['desk.title'],
    },
    list: { text: '{ products(first: $count) { upc title level } }', lost: ['products.*.title'] },
    parallel: {
      text: `{
        a: product(upc: $p) { name title }
        b: product(upc: $p2) { name strictTitle }
        user(id: $u) { name }
      }`,
      lost: ['a.title', 'b'],
      errorPaths: ['a.title', 'b.strictTitle'],
    },
  },
};

/** A copy of a healthy answer's data with null at each lost place. */
export function without(data: unknown, lost: readonly string[]): unknown {
  const copy = structuredClone(data);
  for (const path of lost) blank(copy, path.split('.'));
  return copy;
}

function blank(place: unknown, [name = '', ...rest]: readonly string[]): void {
  if (typeof place !== 'object' || place === null) return;
  const keys = name === '*' ? Object.keys(place) : [name];
  for (const key of keys) {
    const record = place as Record<string, unknown>;
    if (rest.length === 0) record[key] = null;
    else blank(record[key], rest);
  }
}
