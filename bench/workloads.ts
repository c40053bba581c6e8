/** What the gateways are asked. Each workload answers the same from every gateway, which is checked before it is measured. */

export interface Workload {
  readonly name: string;
  readonly says: string;
  /** `local`: accounts run inside the gateway. */
  readonly graph: 'remote' | 'local';
  /** The body of the request. A mark such as t-00000000 or t_00000000 in it becomes another one in each request. */
  readonly body: string;
  /** Requests in flight, where it is not as many as the run has. */
  readonly connections?: number;
}

interface Study {
  readonly name: StudyName;
  readonly says: string;
  /** Runs only where it is asked for by name: it takes long. */
  readonly onDemand?: boolean;
}

export type StudyName = 'mix' | 'new' | 'schema' | 'latency' | 'waits' | 'memory';

/** What is measured by a way of its own, each in its file below `studies/`. */
export const studies: readonly Study[] = [
  {
    name: 'mix',
    says: '400 operations of an application over 1,322 types: the first time, and by frequency',
  },
  { name: 'new', says: '1,000 other operations from one address, 20 in flight' },
  { name: 'schema', says: 'what 300, 1,600 and 5,000 types cost: first answer, CPU, memory' },
  { name: 'latency', says: 'at a fixed rate, half of what the gateway can hold: heavy, small and mix' },
  { name: 'waits', says: 'small requests beside answers of 10 MB: how long they wait' },
  { name: 'memory', says: 'minutes of heavy and new operations together: resident memory', onDemand: true },
];

const product = 'upc title priceCents grams inStock shippingCents';
const member = 'id name handle';

const heavy = `query Heavy {
  members(first: 11) {
    ${member} joinedOn
    reviews(first: 4) {
      id text stars
      product {
        ${product}
        reviews(first: 3) {
          id text
          author { ${member} reviews(first: 2) { id text product { ${product} } } }
        }
      }
    }
  }
  featured(first: 6) {
    ${product}
    reviews(first: 3) {
      id text
      author { ${member} reviews(first: 2) { id text product { ${product} } } }
    }
  }
}`;

const small = 'query Small { member(id: "m7") { id name reviews(first: 2) { id stars } } }';

/** The same answer, but every fetch carries a variable that no other request has. */
const unique = heavy
  .replace('query Heavy', 'query Unique($asOf: String!)')
  .replaceAll(/\b(title|name|inStock)\b/g, '$1(asOf: $asOf)')
  .replaceAll(/first: (\d+)/g, 'first: $1, asOf: $asOf');

const mark = 't-00000000';

/** Ten entities at ten places, with selections that differ a little. */
const branches = `query Branches { ${Array.from(
  { length: 10 },
  (_, n) =>
    `b${n}: member(id: "m${n}") { id name reviews(first: ${1 + (n % 3)}) { id ${n % 2 === 0 ? 'text' : 'stars'} } }`,
).join(' ')} }`;

/** How many products *large* has. */
const largeProducts = 2000;

export const workloads: readonly Workload[] = [
  {
    name: 'heavy',
    says: 'deep query over four subgraphs',
    graph: 'remote',
    body: bodyOf(heavy),
  },
  {
    name: 'small',
    says: 'two dependent fetches, under 1 KB',
    graph: 'remote',
    body: bodyOf(small),
  },
  {
    name: 'unique',
    says: 'heavy with another variable in each request',
    graph: 'remote',
    body: bodyOf(unique, { asOf: mark }),
  },
  {
    name: 'inline-small',
    says: 'small with a literal that differs in each request',
    graph: 'remote',
    body: bodyOf(small.replace('name', `name(asOf: "${mark}")`)),
  },
  {
    name: 'inline-heavy',
    says: 'unique with literals in place of the variable',
    graph: 'remote',
    body: bodyOf(unique.replace('($asOf: String!)', '').replaceAll('$asOf', `"${mark}"`)),
  },
  {
    name: 'branches',
    says: 'ten branches to one service',
    graph: 'remote',
    body: bodyOf(branches),
  },
  {
    name: 'large',
    says: '2,000 products, 1.1 MB, 8 in flight',
    graph: 'remote',
    body: catalogBody(largeProducts),
    connections: 8,
  },
  {
    name: 'local',
    says: 'a subgraph inside the gateway, batching over REST',
    graph: 'local',
    body: bodyOf(`query Local {
      members(first: 10) { ${member} }
      latestReviews(first: 60) { id text author { ${member} joinedOn } }
    }`),
  },
];

/** For answers of any size: each product is about 560 bytes, from three subgraphs in two waves. */
export function catalogBody(products: number): string {
  return bodyOf(
    'query Catalog($first: Int!) { catalog(first: $first) { upc title blurb priceCents inStock digest } }',
    {
      first: products,
    },
  );
}

function bodyOf(query: string, variables: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ query: query.replaceAll(/\s+/g, ' '), variables });
}
