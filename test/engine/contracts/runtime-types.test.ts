/** Objects that a subgraph knows by an interface alone are null where their runtime type is hidden, whatever is selected. */
import { expect, it } from 'vitest';

import { fixture } from '../fixtures/interface-object-indirect.ts';
import { expectAgreement } from '../oracle/agreement.ts';
import { openEngine } from '../ours/engine.ts';
import { openFilteredMonolith } from './filtered-monolith.ts';
import { viewWithout } from './views.ts';

const operations = [
  { name: 'a field of the interface object', query: '{ messages { author { messages { text } } } }' },
  { name: 'its key', query: '{ messages { author { id } readers { id } } }' },
  { name: 'an alias', query: '{ messages { by: author { mine: messages { text } } } }' },
  {
    name: 'a fragment',
    query: '{ messages { ...F } } fragment F on Message { author { ... on Account { messages { id } } } }',
  },
  { name: 'fields of several subgraphs', query: '{ messages { author { used messages { text } } } }' },
];

it.each(operations)('selected: $name', async (operation) => {
  const view = viewWithout(fixture, ['Admin']);
  const engines = {
    monolith: openFilteredMonolith(fixture, view.hidden),
    engine: openEngine(fixture, { graph: view.graph }),
    interpreted: openEngine(fixture, { graph: view.graph, interpreted: true }),
  };
  await expectAgreement(fixture, engines, operation);
  const { data } = await engines.engine.run(operation);
  const { messages } = data as { readonly messages: ReadonlyArray<Record<string, unknown>> };
  expect(Object.values(messages[0] ?? {})[0]).toBeNull();
});

it('fetches no type where nothing is hidden', async () => {
  const engine = openEngine(fixture, viewWithout(fixture, ['Quota.nothing']));
  await engine.run({ query: '{ messages { author { messages { text } } } }' });
  expect(engine.calls.map(({ service }) => service)).toEqual(['messages']);
});
