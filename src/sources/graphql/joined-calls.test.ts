import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';

import { requestContext } from '../../../test/support/context.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { SubgraphRequest, SubgraphResponse } from '../source.ts';
import { joinCalls, joinedCharsMax, joinedFetchesMax } from './joined-calls.ts';

describe('joined calls', () => {
  it('send the fetches of one execution in one turn as one query, each with its own answer', async () => {
    const { ask, sent } = given(() => ({ data: { _0: [{ name: 'a' }], _1: [{ price: 1 }, null] } }));
    const answers = await Promise.all([
      ask('{...on User{name}}', ['"u"']),
      later(ask, '{...on Item{price}}'),
    ]);
    expect(answers).toEqual([
      { data: { _entities: [{ name: 'a' }] } },
      { data: { _entities: [{ price: 1 }, null] } },
    ]);
    expect(sent).toEqual([
      {
        query:
          'query Op__shop__1($representations0:[_Any!]!,$representations1:[_Any!]!)' +
          '{_0:_entities(representations:$representations0){...on User{name}} _1:_entities(representations:$representations1){...on Item{price}}}',
        operationName: 'Op__shop__1',
        variables: { representations0: ['u'], representations1: ['i', 'j'] },
      },
    ]);
  });

  it('leave a fetch as it is that has the turn for itself', async () => {
    const { ask, sent } = given(() => ({ data: { _entities: [] } }));
    await ask('{a}');
    await ask('{b}');
    expect(sent.map(({ query }) => query)).toEqual(['alone {a}', 'alone {b}']);
  });

  it('never hold fetches of different executions', async () => {
    const { ask, sent } = given(() => ({ data: { _entities: [] } }));
    await Promise.all([ask('{a}'), ask('{b}', [], { execution: {} })]);
    expect(sent).toHaveLength(2);
  });

  it('send a variable of several fetches once, and none that has no value', async () => {
    const { ask, sent } = given(() => ({ data: { _0: [], _1: [] } }));
    const x = { name: 'x', definition: '$x:Int=1', member: '"x":5' };
    const unset = { name: 'unset', definition: '$unset:Int', member: '' };
    const taken = {
      name: 'representations1',
      definition: '$representations1:ID',
      member: '"representations1":"c"',
    };
    await Promise.all([
      ask('{a(x:$x)}', [], { variables: [x, unset] }),
      ask('{b}', [], { variables: [taken, x] }),
    ]);
    expect(sent[0]?.variables).toEqual({
      x: 5,
      representations1: 'c',
      representations0: [],
      _representations1: [],
    });
    expect(sent[0]?.query).toContain(
      '($x:Int=1,$unset:Int,$representations1:ID,$representations0:[_Any!]!,$_representations1:[_Any!]!)',
    );
    expect(sent[0]?.query).toContain('_1:_entities(representations:$_representations1){b}');
  });

  it('know whom they were last for, but never confuse one call with another', async () => {
    const { ask, sent } = given(({ query }) => ({ data: answerTo(query) }));
    const fetches = [
      ['{a}', '{b}'],
      ['{a}', '{c}'],
      ['{a}', '{b}'],
      ['{a}', '{b}', '{c}'],
      ['{a}', '{a}'],
    ];
    for (const fetched of fetches) {
      const answers = await Promise.all(fetched.map((selections) => ask(selections)));
      expect(answers).toEqual(fetched.map((selections) => ({ data: { _entities: [selections] } })));
    }
    expect(sent).toHaveLength(fetches.length);
  });

  it('hold a bounded number of fetches and of characters', async () => {
    const { ask, sent } = given(({ query }) => ({ data: answerTo(query) }));
    await Promise.all(Array.from({ length: joinedFetchesMax + 1 }, () => ask('{a}')));
    expect(sent).toHaveLength(2);
    sent.length = 0;
    const large = JSON.stringify('x'.repeat(joinedCharsMax / 2));
    await Promise.all([ask('{a}', [large]), ask('{b}', [large]), ask('{c}', [])]);
    expect(sent.map(({ query }) => query.startsWith('alone'))).toEqual([true, false]);
  });

  it('keep the digits of numbers where the fetches do', async () => {
    const { ask, requests } = given(() => ({ data: { _0: [], _1: [] } }));
    const numbers = [['_entities', [['price', null]]]] as const;
    await Promise.all([ask('{a}'), ask('{price}', [], { numbers })]);
    expect(requests[0]?.operation.numbers).toEqual([['_1', [['price', null]]]]);
  });
});

describe('an error in the answer of a joined call', () => {
  it('is for the fetch that its path names, and for all where it names none', async () => {
    const { answers } = await joined({
      data: { _0: [null], _1: [{}] },
      errors: [
        { message: 'of a', path: ['_0', 0, 'name'], extensions: { code: 'GONE' } },
        { message: 'of b', path: ['_1', 0] },
        { message: 'of all' },
        { message: 'of nobody', path: ['_7', 0] },
      ],
    });
    expect(answers).toEqual([
      {
        data: { _entities: [null] },
        errors: [
          { message: 'of a', path: ['_entities', 0, 'name'], extensions: { code: 'GONE' } },
          { message: 'of all' },
          { message: 'of nobody', path: ['_7', 0] },
        ],
      },
      {
        data: { _entities: [{}] },
        errors: [
          { message: 'of b', path: ['_entities', 0] },
          { message: 'of all' },
          { message: 'of nobody', path: ['_7', 0] },
        ],
      },
    ]);
  });

  it('takes its cause along', async () => {
    const cause = new Error('odd');
    const error = Object.defineProperty({ message: 'of a', path: ['_0'] }, 'cause', { value: cause });
    const { answers } = await joined({ data: { _0: [], _1: [] }, errors: [error] });
    expect((answers[0] as SubgraphResponse).errors?.[0]?.cause).toBe(cause);
  });

  it('that took all data with it fails its own fetch, and the others are sent by themselves', async () => {
    const { answers, queries } = await joined({ data: null, errors: [{ message: 'no', path: ['_1'] }] });
    expect(answers).toEqual([
      { data: { _entities: ['alone {a}'] } },
      { data: null, errors: [{ message: 'no', path: ['_entities'] }] },
    ]);
    expect(queries).toEqual(['alone {a}']);
  });

  it('that refuses the query has the fetches sent by themselves', async () => {
    const { queries } = await joined({ data: null, errors: [{ message: 'too many aliases' }] });
    expect(queries).toEqual(['alone {a}', 'alone {b}']);
  });
});

describe('a joined call that fails', () => {
  it.each(['SERVICE_UNAVAILABLE', 'SERVICE_TIMEOUT', 'CANCELLED', 'INTERNAL_ERROR'] as const)(
    'with %s fails for each of its fetches',
    async (code) => {
      const { answers, queries } = await joined(new GatewayError(code, 'no'));
      expect(answers).toEqual([code, code]);
      expect(queries).toEqual([]);
    },
  );

  it.each(['SERVICE_BAD_RESPONSE', 'SERVICE_ERROR'] as const)(
    'with %s has them sent by themselves, because one of them may be the reason',
    async (code) => {
      const { answers, queries } = await joined(new GatewayError(code, 'too large'));
      expect(answers).toEqual([
        { data: { _entities: ['alone {a}'] } },
        { data: { _entities: ['alone {b}'] } },
      ]);
      expect(queries).toEqual(['alone {a}', 'alone {b}']);
    },
  );
});

/** Answers to two fetches whose common call is answered like this; alone they get their own text. */
async function joined(outcome: SubgraphResponse | GatewayError) {
  const { ask, sent } = given(({ query }) => {
    if (query.startsWith('alone')) return { data: { _entities: [query] } };
    return outcome instanceof GatewayError ? Promise.reject(outcome) : outcome;
  });
  const answers = await Promise.all(
    [ask('{a}'), ask('{b}')].map((answer) => answer.catch((error: unknown) => (error as GatewayError).code)),
  );
  return { answers, queries: sent.slice(1).map(({ query }) => query) };
}

interface Body {
  readonly query: string;
  readonly operationName?: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

interface Asked {
  readonly execution?: object;
  readonly variables?: ReadonlyArray<{ name: string; definition: string; member: string }>;
  readonly numbers?: SubgraphRequest['operation']['numbers'];
}

/** A service, and a way to ask it for entities; what was sent to it is valid GraphQL. */
function given(answer: (body: Body) => SubgraphResponse | Promise<SubgraphResponse>) {
  const sent: Body[] = [];
  const requests: SubgraphRequest[] = [];
  const operations = new Map<string, SubgraphRequest['operation']>();
  const execution = {};
  const fetch = joinCalls((request) => {
    const body = JSON.parse(request.body) as Body;
    if (!body.query.startsWith('alone')) parse(body.query);
    expect(JSON.parse(request.variablesJson)).toEqual(body.variables);
    expect(body.query).toBe(request.operation.query);
    sent.push(body);
    requests.push(request);
    return Promise.resolve(answer(body));
  });
  const ask = (selections: string, representations: readonly string[] = [], asked: Asked = {}) => {
    const { variables = [], numbers } = asked;
    const operation = operations.get(selections) ?? {
      service: 'shop',
      kind: 'query',
      name: 'Op__shop__1',
      query: `alone ${selections}`,
      joinable: { variables, selections },
      ...(numbers ? { numbers } : {}),
    };
    operations.set(selections, operation);
    return fetch({
      operation,
      variablesJson: '{}',
      body: JSON.stringify({ query: operation.query, variables: {} }),
      context: requestContext(),
      joinable: {
        execution: asked.execution ?? execution,
        members: variables.map(({ member }) => member),
        representations: `[${representations.join(',')}]`,
      },
    });
  };
  return { ask, sent, requests };
}

/** For each alias, what it selects. */
function answerTo(query: string): Record<string, unknown> {
  const aliases = [...query.matchAll(/(_\d+):_entities\(.*?\)(\{\w+\})/g)].map(([, alias, selections]) => [
    alias,
    [selections],
  ]);
  return aliases.length > 0
    ? (Object.fromEntries(aliases) as Record<string, unknown>)
    : { _entities: [query.replace('alone ', '')] };
}

/** In the same turn, but some promises later. */
async function later(ask: ReturnType<typeof given>['ask'], selections: string) {
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
  return ask(selections, ['"i"', '"j"']);
}
