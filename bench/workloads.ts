/** What the gateways are asked. Each workload answers the same from every gateway, which is checked before it is measured. */

export interface Workload {
  readonly name: string;
  readonly says: string;
  /** `local`: accounts run inside the gateway. */
  readonly graph: 'remote' | 'local';
  /** The body of the request. */
  readonly body: string;
}

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

/** The same answer, but every fetch carries a variable that no other request has. */
const unique = heavy
  .replace('query Heavy', 'query Unique($asOf: String!)')
  .replaceAll(/\b(title|name|inStock)\b/g, '$1(asOf: $asOf)')
  .replaceAll(/first: (\d+)/g, 'first: $1, asOf: $asOf');

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
    body: bodyOf('query Small { member(id: "m7") { id name reviews(first: 2) { id stars } } }'),
  },
  {
    name: 'unique',
    says: 'heavy with another variable in each request',
    graph: 'remote',
    body: bodyOf(unique, { asOf: 't-00000000' }),
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
