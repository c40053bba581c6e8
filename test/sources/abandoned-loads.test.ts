/** Loads that nobody waits for any more, because another value of the same field could not be used. */

import { expect, it } from 'vitest';

import { runRequests } from './support/abandoned-loads.ts';
import { subgraphOf } from './support/mapped.ts';
import { json } from './support/stand-in.ts';

const nextTurns = () => new Promise((resolve) => setTimeout(resolve, 50));

it.each<[string, unknown, object]>([
  ['an id that is no text', ['a,b', {}], { code: 'BAD_USER_INPUT' }],
  ['the same id first', [{}, 'a,b'], { code: 'BAD_USER_INPUT' }],
])('of a client: %s is the error of its place, and others have theirs', async (_what, ids, extensions) => {
  const { ask } = await subgraphOf(
    'scalar UUID type Query { users(ids: [UUID!]!): [User] } type User { id: ID! }',
    "fields: { Query.users: { bulk: /users, ids: { query: ids }, id: '{args.ids}' } }",
    json([]),
  );
  const answer = await ask('query ($ids: [UUID!]!) { users(ids: $ids) { id } }', { variables: { ids } });
  await nextTurns();
  expect(answer).toMatchObject({ data: { users: [null, null] }, errors: [{ extensions }, { extensions }] });
});

it('of a service: a list of ids where one is expected is the error of its field', async () => {
  const { ask } = await subgraphOf(
    'type Query { user: User } type User { id: ID! manager: User }',
    "fields: { Query.user: { get: /user }, User.manager: { bulk: /users, ids: { query: ids }, id: '{record.manager_id}' } }",
    json({ id: 'u1', manager_id: ['a,b', 'u2'] }),
  );
  const answer = await ask('{ user { id manager { id } } }');
  await nextTurns();
  expect(answer).toMatchObject({
    data: { user: { id: 'u1', manager: null } },
    errors: [{ path: ['user', 'manager'], extensions: { code: 'SERVICE_BAD_RESPONSE' } }],
  });
});

it.each([1, 2])(
  'where the executor leaves them behind, or a resolver, the gateway goes on and reports it, with %i workers',
  async (workers) => {
    const { answers, defect, isRunning } = await runRequests({ workers, queries: ['{ lost }', '{ fine }'] });
    expect(answers).toEqual([{ data: { lost: 'sent' } }, { data: { fine: 'yes' } }]);
    expect(defect).toContain('the second failed');
    expect(isRunning).toBe(true);
  },
);
