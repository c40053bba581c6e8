/** A whole gateway tells when requests, stages, preparations, steps and calls begin and end. */

import { expect, it } from 'vitest';

import { openGateway } from '../../src/assembly/gateway.ts';
import { loadGatewayConfig } from '../../src/config/gateway/gateway-config.ts';
import { compose } from '../../src/preparation/composition/compose.ts';
import { Events } from '../../src/shared/events.ts';
import { requestContext } from '../support/context.ts';
import { countingSubgraph } from '../support/counting-subgraph.ts';
import { readRequest } from '../support/read.ts';
import { recordedSpans } from '../support/recorded-spans.ts';

it('prepares an operation once, and calls its service each time', async () => {
  const backend = await countingSubgraph();
  const composed = compose([
    { name: 'one', url: backend.url, file: 'one.graphql', sdl: 'type Query { a: Int }' },
  ]);
  if (!('supergraphSdl' in composed)) throw new Error('The graph does not compose');
  const events = new Events();
  const config = await loadGatewayConfig(undefined, { environment: {} });
  const graph = { kind: 'supergraph', sdl: composed.supergraphSdl } as const;
  const gateway = await openGateway(graph, { config, events });
  const spans: string[] = [];
  events.on('preparationBegan', ({ operationName }) => spans.push(`preparation of ${operationName} {`));
  events.on('preparationEnded', () => spans.push('} preparation'));
  events.on('callBegan', ({ service, attempt, endpoint }) =>
    spans.push(`${service} ${attempt} ${endpoint === backend.url} {`),
  );
  events.on('callEnded', () => spans.push('} one'));
  try {
    const ask = async () => {
      const { trace, root } = recordedSpans((line) => spans.push(line));
      spans.splice(0);
      const context = requestContext({ trace });
      await gateway.operate(readRequest({ query: 'query A { a }', operationName: 'A', context }));
      return root;
    };
    const executed = [
      ...['authorize {', '} authorize', 'execute {', 'fetch one {', 'one 0 true {', 'call one {'],
      ...['} call one', '} one', '} fetch one', '} execute'],
    ];
    await ask();
    expect(spans).toEqual([
      ...['prepare {', 'plan {', 'preparation of A {', '} preparation', '} plan', '} prepare'],
      ...executed,
    ]);
    const root = await ask();
    expect(spans).toEqual(['prepare {', '} prepare', ...executed]);
    const [step] = root.children.at(-1)?.children ?? [];
    expect(Object.fromEntries(step?.attributes ?? [])).toEqual({
      'tributary.service': 'one',
      'tributary.fetch.kind': 'query',
    });
    const [call] = step?.children ?? [];
    expect(call?.kind).toBe('client');
    const { hostname, port } = new URL(backend.url);
    expect(Object.fromEntries(call?.attributes ?? [])).toEqual({
      'tributary.service': 'one',
      'peer.service': 'one',
      'tributary.outcome': 'answered',
      'http.request.method': 'POST',
      'http.response.status_code': 200,
      'server.address': hostname,
      'server.port': Number(port),
      'url.full': backend.url,
    });
  } finally {
    await gateway.close();
    await backend.close();
  }
});
