/** Whatever gives one answer to several requests has a word about each input of an answer in its key. */
import { execFile } from 'node:child_process';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { anyClient } from '../../src/pipeline/client.ts';
import { anonymous } from '../../src/pipeline/principal.ts';
import { loadGatewayConfig, type GatewayConfig } from '../../src/config/gateway/gateway-config.ts';
import { answerKey, type AnswerInput, type KeyParts } from '../../src/pipeline/answer-inputs.ts';
import { requestKeyParts, type KeyInputs } from '../../src/server/request-key.ts';
import { fetchKeyParts, staleKeyParts, type Fetching } from '../../src/sources/around/fetch-key.ts';
import { restKeyParts, type Asked } from '../../src/sources/rest/answer-cache.ts';
import { requestContext } from '../support/context.ts';
import { folderWith } from '../support/folder.ts';
import { root } from '../layout/lint.ts';

/** Changes what it is named after, and nothing else. Null: the key leaves it out. */
type Changes<Of> = Readonly<Record<AnswerInput, ((of: Of) => Of) | null>>;

function checkKey<Of>(parts: KeyParts<Of>, given: () => Of, changes: Changes<Of>): void {
  const keyOf = answerKey(parts);
  it('is the same for the same', () => {
    expect(keyOf(given())).toBe(keyOf(given()));
  });

  it.each(Object.keys(changes) as AnswerInput[])('has a word about: %s', (input) => {
    const change = changes[input];
    if (change) expect(keyOf(change(given()))).not.toBe(keyOf(given()));
    else expect(parts[input]).toEqual({ omittedBecause: expect.stringMatching(/.{10}/) });
  });

  it('knows no other inputs than these', () => {
    expect(Object.keys(parts).toSorted()).toEqual(Object.keys(changes).toSorted());
  });
}

const config = await loadGatewayConfig(undefined, { environment: {} });

const graph = { number: 1, labelsOf: () => ['a'], hasOpenLabels: true, hasResolvers: false };
const asking = (): KeyInputs => ({
  context: requestContext({ principal: anonymous, headers: { cookie: 'a=1' } }),
  http: { headers: { 'content-type': 'application/json' } },
  mediaType: 'application/json',
  graph,
  mutations: 0,
});
const asChanged =
  (change: Parameters<typeof requestContext>[0]) =>
  <Of extends Pick<KeyInputs, 'context'>>(of: Of): Of => ({ ...of, context: { ...of.context, ...change } });

describe('the key of requests that share an answer', () => {
  const authorization = { ...config.authorization, policy: 'policy.mjs' };
  checkKey<KeyInputs>(requestKeyParts({ ...config, authorization }), asking, {
    graph: (of) => ({ ...of, graph: { ...graph, number: 2 } }),
    mutations: (of) => ({ ...of, mutations: 1 }),
    labels: (of) => ({ ...of, graph: { ...graph, labelsOf: () => ['b'] } }),
    principal: asChanged({ principal: { ...anonymous } }),
    client: asChanged({ client: { ...anyClient, version: '2' } }),
    denied: null,
    dryRun: asChanged({ headers: { cookie: 'a=1', 'x-authorization-dry-run': '1' } }),
    headers: asChanged({ headers: { cookie: 'a=2' } }),
    clientAddress: asChanged({ clientAddress: '10.0.0.1' }),
    mediaType: (of) => ({ ...of, mediaType: 'application/graphql-response+json' }),
    requestForm: (of) => ({ ...of, http: { headers: { 'content-type': 'text/plain' } } }),
  });

  it.each([
    ['a header of which nobody knows', { headers: { cookie: 'a=1', 'accept-language': 'fr' } }],
    ['the address', { clientAddress: '10.0.0.1' }],
    ['the addresses that proxies say', { forwardedFor: '192.0.2.1' }],
  ])('holds %s where resolvers or plugins may look at it, and there alone', (_what, change) => {
    const apollo = { ...config.apollo, plugins: ['plugin.mjs'] };
    const withPlugins = { ...config, front: 'apollo' as const, apollo };
    const areApart = (settled: GatewayConfig, hasResolvers: boolean): boolean => {
      const keyOf = answerKey(requestKeyParts(settled));
      const one = { ...asking(), graph: { ...graph, hasResolvers } };
      return keyOf(one) !== keyOf(asChanged(change)(one));
    };
    expect(areApart(config, true)).toBe(true);
    expect(areApart(withPlugins, false)).toBe(true);
    expect(areApart(config, false)).toBe(false);
  });
});

const fetching = (): Fetching => ({
  context: requestContext({ forwardHeaders: { 'x-tenant': 'a', traceparent: '1' } }),
  mutations: 0,
});
const fetchChanges: Changes<Fetching> = {
  graph: null,
  mutations: (of) => ({ ...of, mutations: 1 }),
  labels: null,
  principal: asChanged({ signedAs: { header: 'x-tenant', who: 'ada' } }),
  client: null,
  denied: null,
  dryRun: null,
  headers: asChanged({ forwardHeaders: { 'x-tenant': 'b', traceparent: '1' } }),
  clientAddress: null,
  mediaType: null,
  requestForm: null,
};
const ignoreHeaders = ['traceparent'];

describe('the key of shared fetches', () => {
  checkKey(fetchKeyParts({ ignoreHeaders }), fetching, fetchChanges);
});

describe('the key of stale answers', () => {
  checkKey(staleKeyParts({ ignoreHeaders }), fetching, { ...fetchChanges, mutations: null });
});

describe('the key of answers of a REST service', () => {
  checkKey<Asked>(restKeyParts, () => ({ path: '/a', sent: { 'x-tenant': 'a' } }), {
    graph: null,
    mutations: null,
    labels: null,
    principal: null,
    client: null,
    denied: null,
    dryRun: null,
    headers: (of) => ({ ...of, sent: { 'x-tenant': 'b' } }),
    clientAddress: null,
    mediaType: null,
    requestForm: null,
  });
});

it('an input that is added does not compile until each key has a word about it', async () => {
  const folder = await folderWith({});
  await cp(join(root, 'src'), join(folder, 'src'), { recursive: true });
  for (const name of ['package.json', 'tsconfig.json', 'tsconfig.build.json'])
    await cp(join(root, name), join(folder, name));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const inputs = join(folder, 'src/pipeline/answer-inputs.ts');
  const text = await readFile(inputs, 'utf8');
  await writeFile(
    inputs,
    text.replace('export type AnswerInput =', "export type AnswerInput =\n  | 'planted'"),
  );
  const output = await compile(folder);
  const refused = new Set(
    [...output.matchAll(/^(src\/[^(]+)\(.*'planted' is missing/gm)].map(([, file]) => file),
  );
  const users = globSync('src/**/*.ts', { cwd: root }).filter(
    (file) => !file.endsWith('.test.ts') && /\banswerKey\(/.test(readFileSync(join(root, file), 'utf8')),
  );
  const keys = users.filter((file) => file !== 'src/pipeline/answer-inputs.ts');
  expect(keys.length).toBeGreaterThan(2);
  expect(refused).toEqual(new Set(keys));
});

function compile(folder: string): Promise<string> {
  const program = join(root, 'node_modules/.bin/tsc');
  const args = ['-p', 'tsconfig.build.json', '--noEmit', '--pretty', 'false'];
  return new Promise((resolve) => {
    execFile(program, args, { cwd: folder, maxBuffer: 16_777_216 }, (_error, stdout) => resolve(stdout));
  });
}
