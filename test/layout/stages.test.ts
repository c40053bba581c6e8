/** Stages in another order do not compile: plants wrong orders and asks the compiler. */

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { root } from './lint.ts';

const head = `import { requestStages, operationStages } from '../../src/gateway.ts';
import { execute } from '../../src/execute/executor.ts';
import * as s from '../../src/pipeline/stages.ts';
declare const line: ReturnType<typeof requestStages>;
declare const operate: ReturnType<typeof operationStages>;
declare const arrival: s.Arrival;
declare const arrived: s.Arrived;
declare const identified: s.Identified;
declare const networkLimited: s.NetworkLimited;
declare const authenticated: s.Authenticated;
declare const recognized: s.Recognized;
declare const callerLimited: s.CallerLimited;
declare const client: import('../../src/pipeline/client.ts').Client;
declare const admitted: s.Admitted;
declare const read: s.Read;
declare const operations: import('../../src/operation/prepared-operations.ts').PreparedOperations<Operation>;
declare const authorizer: import('../../src/authz/authorizer.ts').Authorizer;
type Operation = import('../../src/execute/executor.ts').ExecutableOperation;
declare const operation: Operation;
declare const prepared: s.Prepared<Operation>;
declare const operationLimited: s.OperationLimited<Operation>;
declare const authorized: s.Authorized<Operation>;
declare const context: import('../../src/pipeline/request.ts').RequestContext;
declare const tools: Parameters<typeof execute>[1];
declare const execution: s.Execution;
export const planted = [
`;

const right = [
  'line(s.arrived(arrival))',
  "s.authenticated(s.networkLimited(s.identified(arrived, 'application/json', () => ''), null), context)",
  's.read(s.admitted(s.callerLimited(s.recognized(authenticated, client)), (_request, wait) => wait))',
  'operations.prepare(read)',
  's.prepared(read, { operation }, new Map())',
  'authorizer.authorize(s.operationLimited(prepared), operations)',
  'execute(authorized, tools)',
  's.executed(authorized, execution)',
  'operate(read)',
];

const wrong: ReadonlyArray<readonly [what: string, expression: string]> = [
  ['a request that no front translated', 'line(arrival)'],
  ['credentials before the client is identified', 's.authenticated(arrived, context)'],
  ['credentials before the limits of the network', 's.authenticated(identified, context)'],
  ['limits of a caller that is not recognized', 's.callerLimited(authenticated)'],
  ['a place before the limits of the caller', 's.admitted(recognized, (_request, wait) => wait)'],
  ['limits of an operation that is not prepared', 's.operationLimited(read)'],
  ['decisions before the limits of the operation', 'authorizer.authorize(prepared, operations)'],
  ['a place before the credentials are checked', 's.admitted(networkLimited, (_request, wait) => wait)'],
  ['a place before the client is recognized', 's.admitted(authenticated, (_request, wait) => wait)'],
  ['a client before the credentials are checked', 's.recognized(identified, client)'],
  ['reading before the request has a place', 's.read(recognized)'],
  ['an operation of a request that is not authenticated', 'operate({ ...arrival, context })'],
  [
    'an operation whose request somebody put together',
    "operate({ context, network: () => '', http: arrival.http, mediaType: 'application/json', aside: (_request, wait) => wait, queryOnly: false, bodyBytes: 0, request: arrival.read() })",
  ],
  ['preparing what is not read', 'operations.prepare(admitted)'],
  ['authorizing what is not prepared', 'authorizer.authorize(read, operations)'],
  ['executing without decisions', 'execute(prepared, tools)'],
  [
    'executing an operation by itself',
    'execute({ operation, decisions: null, prepared: operationLimited }, tools)',
  ],
  ['an answer of what was not authorized', 's.executed(prepared, execution)'],
];

describe('the compiler', () => {
  it('accepts the order of the stages', async () => {
    expect(await refusedLines(right)).toEqual([]);
  });

  it('refuses every other one', async () => {
    const refused = await refusedLines(wrong.map(([, expression]) => expression));
    const missed = wrong.filter((_, index) => !refused.includes(index)).map(([what]) => what);
    expect(missed).toEqual([]);
  });
});

/** @returns Numbers of the expressions that do not compile. */
async function refusedLines(expressions: readonly string[]): Promise<number[]> {
  const folder = await mkdtemp(join(root, 'test/layout-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  // One line each.
  await writeFile(join(folder, 'planted.ts'), `${head}${expressions.map((one) => `${one},\n`).join('')}];\n`);
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', include: ['planted.ts'] }),
  );
  const output = await compile(join(folder, 'tsconfig.json'));
  const first = head.split('\n').length;
  return [...output.matchAll(/planted\.ts\((\d+),\d+\): error TS/g)].map(([, line]) => Number(line) - first);
}

const compileTimeoutMs = 120_000;

/** It exits with 1 when it finds something: only its output counts. */
function compile(project: string): Promise<string> {
  const program = join(root, 'node_modules/.bin/tsc');
  return new Promise((resolve) => {
    execFile(program, ['--project', project], { cwd: root, timeout: compileTimeoutMs }, (_, stdout) =>
      resolve(stdout),
    );
  });
}
