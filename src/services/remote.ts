/** The subgraphs of a supergraph that came without a graph.yaml: remote ones, at the addresses that stand in it. */

import { GatewayError } from '../shared/errors.ts';
import { plainUrl } from '../shared/service-url.ts';
import { backendOf } from '../sources/backend.ts';
import { createGraphqlSubgraph } from '../sources/graphql/graphql-source.ts';
import { createHttpTransport } from '../sources/http/transport.ts';
import type { Subgraph } from '../sources/source.ts';
import type { Backends } from './backends.ts';
import type { LoadedSubgraphs } from './load.ts';
import { addressMistake, transportOf } from './service-settings.ts';

/** @throws {GatewayError} `SUPERGRAPH_INVALID` naming each subgraph that has no HTTP address. */
export function connectRemote(
  subgraphs: ReadonlyArray<{ readonly name: string; readonly url: string }>,
  backends: Backends,
): LoadedSubgraphs {
  const unusable = subgraphs.filter(
    ({ url }) => !/^https?:\/\//.test(plainUrl(url)) || !URL.canParse(plainUrl(url)),
  );
  if (unusable.length > 0) {
    const lines = unusable.map(({ name, url }) => {
      const fix = url.startsWith('local:')
        ? 'it runs in the gateway: serve its graph.yaml with --graph instead'
        : 'its address in the supergraph must begin with http:// or https://';
      return `subgraph ${name} ("${url}"): ${fix}`;
    });
    throw new GatewayError('SUPERGRAPH_INVALID', lines.join('\n'));
  }
  const { settings } = backends;
  const transport = transportOf({ transport: {} }, settings);
  const refused = subgraphs.flatMap(({ name, url }) => {
    const mistake = addressMistake(url, transport, settings);
    return mistake === undefined ? [] : [`subgraph ${name}: ${mistake}`];
  });
  if (refused.length > 0) throw new GatewayError('SUPERGRAPH_INVALID', refused.join('\n'));
  const http = createHttpTransport(settings.transport);
  backends.checkPolicies({
    subgraphs: subgraphs.map(({ name }) => ({ name, kind: 'graphql' })),
    sources: [],
  });
  const leases = backends.leases();
  const { around } = backends;
  const connected = new Map<string, Subgraph>();
  for (const { name, url } of subgraphs) {
    const options = { kind: 'graphql', name, replicas: [{ url }] } as const;
    const backend = backendOf(leases.use(options), http, transport);
    const { idempotencyKeys } = backends.ownPolicyOf(name);
    connected.set(
      name,
      around(createGraphqlSubgraph(backend, undefined, idempotencyKeys), { kind: 'remote', name }),
    );
  }
  return {
    subgraphs: connected,
    hasResolvers: false,
    async close() {
      await http.close();
      leases.release();
    },
  };
}
