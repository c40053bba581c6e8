/** A whole gateway tells when requests, stages, preparations and calls begin and end. */

import { expect, it } from 'vitest';

import { openGateway } from '../../src/assembly/gateway.ts';
import { loadGatewayConfig } from '../../src/config/gateway/gateway-config.ts';
import { compose } from '../../src/preparation/composition/compose.ts';
import { Events } from '../../src/shared/events.ts';
import { requestContext } from '../support/context.ts';
import { countingSubgraph } from '../support/counting-subgraph.ts';
import { readRequest } from '../support/read.ts';

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
  events.on('stageBegan', ({ stage }) => spans.push(`${stage} {`));
  events.on('stageEnded', ({ error }) => spans.push(error === null ? '}' : '} badly'));
  events.on('preparationBegan', ({ operationName }) => spans.push(`preparation of ${operationName} {`));
  events.on('preparationEnded', () => spans.push('}'));
  events.on('callBegan', ({ service, attempt, endpoint }) =>
    spans.push(`call ${service} ${attempt} ${endpoint === backend.url} {`),
  );
  events.on('callEnded', () => spans.push('}'));
  try {
    const ask = () =>
      gateway.operate(readRequest({ query: 'query A { a }', operationName: 'A', context: requestContext() }));
    const executed = ['authorize {', '}', 'execute {', 'call one 0 true {', '}', '}'];
    await ask();
    expect(spans.splice(0)).toEqual(['prepare {', 'preparation of A {', '}', '}', ...executed]);
    await ask();
    expect(spans).toEqual(['prepare {', '}', ...executed]);
  } finally {
    await gateway.close();
    await backend.close();
  }
});
