/**
 * Hive Gateway with the router runtime, as lean as its options allow. Plain JavaScript: its packages are installed
 * apart, where the project's type checker does not look.
 */

import { defineConfig } from '@graphql-hive/gateway';
import { unifiedGraphHandler } from '@graphql-hive/router-runtime';

/** Both of its ways of sharing what is in flight: whole requests, and fetches to subgraphs. */
const deduplicate = process.env.BENCH_DEDUPLICATE === 'on';

export const gatewayConfig = defineConfig({
  unifiedGraphHandler,
  logging: 'error',
  landingPage: false,
  graphiql: false,
  inboundInflightRequestDeduplication: deduplicate,
  transportEntries: { '*.http': { options: { deduplicateInflightRequests: deduplicate } } },
});
