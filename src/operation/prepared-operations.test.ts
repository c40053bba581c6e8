import { describe, expect, it } from 'vitest';

import { requestContext } from '../../test/support/context.ts';
import { readRequest, type ReadOptions } from '../../test/support/read.ts';
import type { PreparationResult, PreparedOperation } from '../pipeline/prepared.ts';
import type { PreparationRequest, Turn } from '../pipeline/planning.ts';
import type { RequestContext } from '../pipeline/request.ts';
import type { Read } from '../pipeline/stages.ts';
import { Cancellation } from '../shared/cancellation.ts';
import { GatewayError } from '../shared/errors.ts';
import { PreparedOperations, type PreparedOperationsOptions } from './prepared-operations.ts';
import { WaitingRequests } from './waiting-requests.ts';

interface Executable {
  readonly prepared: PreparedOperation;
}

describe('PreparedOperations', () => {
  it('prepares an operation once, however many ask for it at the same time', async () => {
    const { operations, asked } = given();
    await Promise.all(Array.from({ length: 50 }, async () => operations.prepare(received('{ a }'))));
    await operations.prepare(received('{ a }'));
    expect(asked).toEqual([{ query: '{ a }', operationName: null }]);
  });

  it('answers without waiting for an operation that is known', async () => {
    const { operations } = given();
    await operations.prepare(received('{ a }'));
    expect(operations.prepare(received('{ a }'))).not.toBeInstanceOf(Promise);
  });

  it('tells operations of one document apart by name', async () => {
    const { operations, asked } = given();
    await operations.prepare(received('query A { a } query B { a }', { operationName: 'A' }));
    await operations.prepare(received('query A { a } query B { a }', { operationName: 'B' }));
    expect(asked.map(({ operationName }) => operationName)).toEqual(['A', 'B']);
  });

  it('takes nothing for the same that differs in any part, whatever comments say', async () => {
    const { operations, asked } = given();
    const documents = ['{ a }', '{ a } #\0', '#\0{ a }', '#\0{"x":true}', '# - 0\0{ a }', '#\0-0'];
    for (const query of documents)
      for (const operationName of [null, 'A', 'B'])
        await operations.prepare(received(query, { operationName }));
    expect(asked).toHaveLength(3 * documents.length);
    for (const x of [true, false])
      await operations.prepare(received('conditional', { operationName: 'A', variables: { x } }));
    expect(asked).toHaveLength(3 * documents.length + 3);
  });

  it('remembers a refusal', async () => {
    const { operations, asked } = given();
    for (let turn = 0; turn < 2; turn += 1) {
      await expect(async () => operations.prepare(received('bad'))).rejects.toMatchObject({
        code: 'GRAPHQL_PARSE_FAILED',
        errors: [{ message: 'not GraphQL' }],
      });
    }
    expect(asked).toHaveLength(1);
  });

  it('does not remember that the planner failed', async () => {
    const { operations, asked } = given();
    for (let turn = 0; turn < 2; turn += 1) {
      await expect(async () => operations.prepare(received('slow'))).rejects.toMatchObject({
        code: 'PLANNING_TIMEOUT',
      });
    }
    expect(asked).toHaveLength(2);
  });

  it('prepares a conditional operation once for each combination of its conditions that occurs', async () => {
    const { operations, asked } = given();
    for (const x of [true, false, true, false])
      await operations.prepare(received('conditional', { variables: { x } }));
    expect(asked.map(({ conditions }) => conditions)).toEqual([undefined, ['x'], []]);
  });

  it('asks before it prepares, and only then', async () => {
    let admitted = 0;
    const { operations, asked } = given({
      admit: () => {
        admitted += 1;
        if (admitted > 1) throw new GatewayError('BAD_REQUEST', 'enough');
      },
    });
    await operations.prepare(received('{ a }'));
    await operations.prepare(received('{ a }'));
    await expect(async () => operations.prepare(received('{ b }'))).rejects.toThrow('enough');
    expect(asked).toHaveLength(1);
  });

  it('asks in the turn of each client that waits, once for each, and compiles once', async () => {
    const { operations, turns, compiled } = given();
    const clients = ['10.0.0.1', '10.0.0.1', '10.0.0.2', '10.0.0.2'];
    await Promise.all(
      clients.map(async (clientAddress) => operations.prepare(received('{ a }', { clientAddress }))),
    );
    expect(turns.map((turn) => turn?.client)).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(compiled()).toBe(1);
  });

  it('leaves the turn when the last request of a client leaves, and begins anew with the next', async () => {
    const { operations, asked, signals } = given();
    const cancellations = [new Cancellation(), new Cancellation()];
    const waiting = cancellations.map(async (cancellation) =>
      operations.prepare(received('never', { cancellation })),
    );
    await Promise.resolve();
    for (const [i, cancellation] of cancellations.entries()) {
      expect(signals()).toEqual([false]);
      cancellation.cancel(new GatewayError('CANCELLED', 'left'));
      await expect(waiting[i]).rejects.toMatchObject({ code: 'CANCELLED' });
    }
    expect(signals()).toEqual([true]);
    void Promise.resolve(operations.prepare(received('never'))).catch(() => {});
    expect(asked).toHaveLength(2);
  });

  it('refuses a mutation that came by GET', async () => {
    const { operations } = given();
    await expect(async () =>
      operations.prepare(received('mutation', { queryOnly: true })),
    ).rejects.toMatchObject({
      code: 'METHOD_NOT_ALLOWED',
    });
  });

  it('keeps no more bytes than it may', async () => {
    const { operations, asked } = given({ bytesMax: 10_000 });
    for (let i = 0; i < 100; i += 1) await operations.prepare(received(`{ a${i} }`));
    await operations.prepare(received('{ a0 }'));
    expect(asked).toHaveLength(101);
    await operations.prepare(received('{ a99 }'));
    expect(asked).toHaveLength(101);
  });

  it('names the hottest operations, and warms another cache with them', async () => {
    const { operations } = given();
    const uses = { '{ cold }': 1, '{ hot }': 5, conditional: 3 };
    for (const [query, times] of Object.entries(uses)) {
      for (let i = 0; i < times; i += 1)
        await operations.prepare(received(query, { variables: { x: true } }));
    }
    const hottest = operations.hottest(2);
    expect(hottest).toEqual([
      { query: '{ hot }', operationName: null },
      { query: 'conditional', operationName: null, conditions: ['x'] },
    ]);
    const next = given();
    for (const request of hottest) await next.operations.warm(request);
    expect(next.operations.prepare(received('{ hot }'))).not.toBeInstanceOf(Promise);
  });
});

describe('PreparedOperations of a supergraph with labels', () => {
  const labels = (names: string[], active: string[]) => ({ names, activeFor: () => active });

  it('prepares an operation once for each set of labels that holds', async () => {
    const sets = [['a'], [], ['a', 'b'], ['a'], []];
    const turns = sets.values();
    const { operations, asked } = given({
      labels: { names: ['a', 'b'], activeFor: () => turns.next().value ?? [] },
    });
    for (const _ of sets) await operations.prepare(received('{ a }'));
    expect(asked.map((request) => request.labels)).toEqual([['a'], [], ['a', 'b']]);
  });

  it('keeps the labels with the conditions of an operation', async () => {
    const { operations, asked } = given({ labels: labels(['a'], ['a']) });
    await operations.prepare(received('conditional', { variables: { x: true } }));
    expect(asked).toEqual([
      { query: 'conditional', operationName: null, labels: ['a'] },
      { query: 'conditional', operationName: null, labels: ['a'], conditions: ['x'] },
    ]);
  });

  it('warms another cache for the labels that still exist', async () => {
    const before = given({ labels: labels(['a', 'b'], ['a', 'b']) });
    await before.operations.prepare(received('{ a }'));
    const next = given({ labels: labels(['b', 'c'], ['b']) });
    await next.operations.warmAll(before.operations.hottest(10), 60_000);
    expect(next.asked).toEqual([{ query: '{ a }', operationName: null, labels: ['b'] }]);
    expect(next.operations.prepare(received('{ a }'))).not.toBeInstanceOf(Promise);
  });
});

interface Given {
  readonly admit?: () => void;
  readonly bytesMax?: number;
  readonly labels?: PreparedOperationsOptions<Executable>['labels'];
}

function given({ admit = () => {}, bytesMax = 1_000_000, labels }: Given = {}) {
  const asked: PreparationRequest[] = [];
  const turns: Array<Turn | undefined> = [];
  let compiled = 0;
  const operations = new PreparedOperations<Executable>({
    prepare: (request, turn) => {
      asked.push(request);
      if (request.query === 'slow') return Promise.reject(new GatewayError('PLANNING_TIMEOUT', 'too slow'));
      turns.push(turn);
      if (request.query === 'never') return new Promise(() => {});
      return Promise.resolve(JSON.stringify(resultOf(request)));
    },
    compile: (prepared) => {
      compiled += 1;
      return { prepared };
    },
    admit,
    waiting: new WaitingRequests({ perClientMax: 100, max: 100, bytesMax: 1_000_000 }),
    labels,
    entriesMax: 1000,
    bytesMax,
  });
  const signals = () => turns.map((turn) => turn?.signal?.aborted);
  return { operations, asked, turns, signals, compiled: () => compiled };
}

const boolean = { wrappers: '', name: 'Boolean' };

function resultOf({ query, conditions }: PreparationRequest): PreparationResult {
  if (query === 'bad')
    return { refused: { code: 'GRAPHQL_PARSE_FAILED', errors: [{ message: 'not GraphQL' }] } };
  if (query === 'conditional' && !conditions) {
    return {
      conditional: {
        conditionVariables: ['x'],
        variables: [{ name: 'x', type: boolean, at: { line: 1, column: 8 } }],
        inputTypes: [],
      },
    };
  }
  return {
    prepared: {
      kind: query === 'mutation' ? 'mutation' : 'query',
      name: null,
      variables: [],
      inputTypes: [],
      plan: null,
      projection: { shapes: [], enums: {} },
      introspection: null,
      cost: { total: 0, calls: 0 },
    },
  };
}

function received(
  query: string,
  {
    clientAddress = '10.0.0.1',
    cancellation = new Cancellation(),
    ...more
  }: Pick<ReadOptions, 'operationName' | 'variables' | 'queryOnly'> & Partial<RequestContext> = {},
): Read {
  return readRequest({ query, context: requestContext({ clientAddress, cancellation }), ...more });
}
