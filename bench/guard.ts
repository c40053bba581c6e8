/**
 * What the guard costs on documents that pass it: microseconds of CPU a call, and the same documents parsed by graphql-js for
 * comparison. Run: node bench/guard.ts
 */

import { parse } from 'graphql';

import { guardLimitDefaults } from '../test/guard/default-limits.ts';
import { guardDocument } from '../src/operation/guard/guard.ts';

const callsInRound = 20_000;
const rounds = 10;

const small = 'query Product($upc: ID!) { product(upc: $upc) { upc name price averageRating } }';

const productFields = `fragment ProductFields on Product {
  upc
  name
  description
  price
  category
  inStock
  shippingEstimate { cost days }
}`;

/** About 2 kB, as a page of a shop would ask: formatted, with comments, arguments and fragments. */
const page = `# Everything the dashboard shows.
query Dashboard($userId: ID!, $first: Int = 5, $withReviews: Boolean! = true) {
  userDashboard(userId: $userId) {
    user { id name email country }
    recentOrders {
      id
      status
      total
      createdAt
      items {
        quantity
        unitPrice
        product { ...ProductFields ...Reviews @include(if: $withReviews) }
      }
      payment { method status amount }
      shipment { carrier status trackingCode estimatedDelivery }
    }
    recommendations { ...ProductFields ...Reviews @include(if: $withReviews) }
    stats { totalOrders totalSpent }
  }
  best: topProducts(first: $first) {
    ...ProductFields
  }
  latestReviews(first: 10) {
    id
    rating
    body
    createdAt
    author { id name }
    product { ...ProductFields }
  }
}

${productFields}

fragment Reviews on Product {
  averageRating
  reviewCount
  # Only the first few: the page of the product has the others.
  reviews(first: 3) {
    id
    rating
    body
    createdAt
    author { id name country }
  }
}

${'# The text above is padded to the size of an ordinary operation of a page.\n'.repeat(9)}`;

for (const [name, text] of Object.entries({ small, page })) {
  if (guardDocument(text, guardLimitDefaults).is !== 'accepted') throw new Error(`${name} is not accepted`);
  const guardUs = bestUs(() => guardDocument(text, guardLimitDefaults));
  const parseUs = bestUs(() => parse(text));
  console.log(
    `${name} (${text.length} characters): guard ${guardUs.toFixed(2)} us, graphql-js parse ${parseUs.toFixed(2)} us`,
  );
}

/** CPU of the best round, in microseconds a call: other processes take time, but none of ours. */
function bestUs(call: () => unknown): number {
  let best = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const began = process.cpuUsage();
    for (let calls = 0; calls < callsInRound; calls += 1) call();
    const { user, system } = process.cpuUsage(began);
    best = Math.min(best, (user + system) / callsInRound);
  }
  return best;
}
