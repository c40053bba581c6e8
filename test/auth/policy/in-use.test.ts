/** A policy as clients and operators meet it: refused requests, dry runs, names of @policy, conditions, reload. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { GraphqlReply } from '../../support/ask.ts';
import { policyModule } from '../guarded-graph.ts';
import { type GuardedGateway, guardedGateway } from '../support/guarded-gateway.ts';

const query = '{ books { title cost } movies { title budget note } }';
const accountant = { sub: 'ada', roles: ['finance'] };
const tester = { sub: 'tess', roles: ['tester'] };

it('unauthorized: reject refuses a request before a backend is asked, for what is decided by then', async () => {
  const graph = await guardedGateway({ authorization: ['unauthorized: reject'] });
  const nobody = await graph.query(query, { headers: { 'x-request-id': 'nobody' } });
  expect(nobody).toMatchObject({ status: 401, data: undefined });
  expect(nobody.headers.get('www-authenticate')).toContain('Bearer');
  expect(codesOf(nobody)).toEqual(['UNAUTHENTICATED']);
  const stranger = await graph.query(query, { claims: { sub: 'ada' } });
  expect(stranger).toMatchObject({ status: 403, data: undefined });
  expect(codesOf(stranger)).toEqual(['FORBIDDEN']);
  expect(graph.graph.calls).toBe(0);

  // Movie.note is decided by each movie: it is too late to refuse then.
  const allowed = await graph.query(query, { claims: accountant });
  expect(allowed.status).toBe(200);
  expect(allowed.data).toEqual({
    books: [{ title: 'Dune', cost: 'canary cost' }],
    movies: [{ title: 'Alien', budget: 'canary budget', note: null }],
  });
  expect(pathsOf(allowed)).toEqual(['movies.0.note FORBIDDEN']);
  expect((await graph.query('{ books { title } }')).status).toBe(200);

  // Each request that was refused is written down, everything it was refused for once.
  const about = (await graph.records()).filter(({ requestId }) => requestId === 'nobody');
  expect(about.map(({ coordinates, outcome, enforced }) => [coordinates, outcome, enforced])).toEqual([
    [['Book.cost'], 'deny', true],
    [['Movie.budget'], 'deny', true],
  ]);
});

it('a rule that fails refuses as a fault of ours, and not where something else is denied', async () => {
  const graph = await guardedGateway({
    authorization: ['unauthorized: reject'],
    policy: policyModule.replace('() => false', '() => { throw new Error("no database"); }'),
  });
  const failed = await graph.query('{ books { shelf } }', { claims: { sub: 'ada' } });
  expect([failed.status, codesOf(failed)]).toEqual([500, ['AUTHORIZATION_FAILED']]);
  expect(failed.text).not.toContain('database');
  const denied = await graph.query('{ books { shelf } secret }', { claims: { sub: 'ada' } });
  expect([denied.status, codesOf(denied)]).toEqual([403, ['FORBIDDEN']]);
});

describe('a dry run', () => {
  const everything = {
    books: [{ title: 'Dune', cost: 'canary cost' }],
    movies: [{ title: 'Alien', budget: 'canary budget', note: 'canary note' }],
  };

  it('decides and writes down, and keeps nothing back: denied, masked, or decided with the data', async () => {
    const policy = policyModule
      .replace('rule, allow', 'rule, allow, deny')
      .replace('shelf: never', "shelf: never, title: masked(deny, () => '***')");
    const graph = await guardedGateway({ policy, authorization: ['dryRun: true', 'unauthorized: reject'] });
    const { data, errors } = await graph.query(query);
    expect({ data, errors }).toEqual({ data: everything, errors: undefined });
    const records = await graph.records();
    expect(records.map(({ coordinates, outcome }) => `${coordinates[0]} ${outcome}`).toSorted()).toEqual([
      'Book.cost deny',
      'Book.title mask',
      'Movie.budget deny',
      'Movie.note deny',
    ]);
    expect(records.every(({ enforced }) => !enforced)).toBe(true);
  });

  it('is for those with the role who ask for it, one request at a time', async () => {
    const graph = await guardedGateway({ authorization: ['dryRunRole: tester'] });
    const headers = { 'x-authorization-dry-run': '1' };
    const asked = await graph.query(query, { claims: tester, headers });
    expect({ data: asked.data, errors: asked.errors }).toEqual({ data: everything, errors: undefined });
    for (const denied of [
      await graph.query(query, { claims: tester }),
      await graph.query(query, { claims: accountant, headers }),
      await graph.query(query, { claims: null, headers }),
      await graph.query(query, { claims: { sub: 'eve', role: 'tester' }, headers }),
    ]) {
      expect(pathsOf(denied).some((text) => text.startsWith('movies.0.note'))).toBe(true);
      expect(denied.text).not.toContain('canary note');
    }
  });
});

describe('a name of @policy', () => {
  it('is decided by the function of that name, once for a request', async () => {
    const policy = policyModule.replace(
      "finance: ({ principal }) => principal.roles.includes('finance')",
      "finance: async ({ principal, operation }) => { asked += 1; return principal.roles.includes('finance') && operation.name === `Ask${asked}`; }",
    );
    const graph = await guardedGateway({ policy: `let asked = 0;\n${policy}` });
    const budgets = 'movies { budget } media { ... on Movie { budget } }';
    const first = await graph.query(`query Ask1 { ${budgets} }`, { claims: accountant });
    expect(first.errors).toBeUndefined();
    expect((await graph.query(`query Ask2 { ${budgets} }`, { claims: accountant })).errors).toBeUndefined();
    const other = await graph.query(`query Ask3 { ${budgets} }`, { claims: { sub: 'ada' } });
    expect(pathsOf(other)).toEqual(['movies.0.budget FORBIDDEN', 'media.1.budget FORBIDDEN']);
  });

  it('that nobody decides stops the start', async () => {
    const policy = policyModule.replace('finance:', 'finances:');
    await expect(guardedGateway({ policy })).rejects.toThrow('@policy with "finance": define them in');
  });
});

describe('@skip and @include', () => {
  const conditional = `query ($secret: Boolean!, $cost: Boolean!) {
    secret @include(if: $secret)
    books { title cost @skip(if: $cost) margin @include(if: $cost) }
  }`;

  it('decide what is asked for: nothing else is decided, denied or fetched', async () => {
    const graph = await guardedGateway();
    const outcomes: Record<string, string[]> = {};
    for (const secret of [true, false]) {
      for (const cost of [true, false]) {
        const headers = { 'x-request-id': `${secret}-${cost}` };
        const reply = await graph.query(conditional, { variables: { secret, cost }, headers });
        outcomes[`${secret}-${cost}`] = pathsOf(reply);
        expect(reply.text).not.toContain('canary');
      }
    }
    expect(outcomes).toEqual({
      'true-true': ['secret UNAUTHENTICATED', 'books.0.margin UNAUTHENTICATED'],
      'true-false': ['secret UNAUTHENTICATED', 'books.0.cost UNAUTHENTICATED'],
      'false-true': ['books.0.margin UNAUTHENTICATED'],
      'false-false': ['books.0.cost UNAUTHENTICATED'],
    });
    const records = await graph.records();
    for (const [requestId, paths] of Object.entries(outcomes)) {
      const about = records.filter((record) => record.requestId === requestId);
      expect(about.every(({ outcome }) => outcome === 'deny')).toBe(true);
      expect(about.flatMap(({ paths: written }) => written).toSorted()).toEqual(
        paths.map((path) => path.replace('.0', '').replace(/ .*/, '')).toSorted(),
      );
    }
  });
});

describe('a policy that changes', () => {
  const closed = policyModule.replace('shelf: never', 'shelf: never, title: never');
  const titles = '{ books { title } }';
  const denied = ['books.0.title UNAUTHENTICATED'];

  it('is in place after a reload, and one that is broken or gone leaves the one before', async () => {
    const graph = await guardedGateway({ settings: 'reload: { filePollMs: 0 }' });
    expect((await graph.query(titles)).errors).toBeUndefined();
    await change(graph, closed);
    await graph.gateway.reload();
    expect(pathsOf(await graph.query(titles))).toEqual(denied);
    const broken = [
      'export function policy( {',
      'export const policy = 1;',
      'export function policy() { throw new Error("not today"); }',
      'export function policy({ allow }) { return { permissions: { Book: { titel: allow } } }; }',
      'export function policy() { return { permissions: { Book: { title: true } } }; }',
    ];
    for (const text of broken) {
      await change(graph, text);
      await graph.gateway.reload();
      expect(pathsOf(await graph.query(titles)), text).toEqual(denied);
    }
    await rm(join(graph.folder, 'policy.mjs'));
    await graph.gateway.reload();
    expect(pathsOf(await graph.query(titles))).toEqual(denied);
    await change(graph, policyModule);
    await graph.gateway.reload();
    expect((await graph.query(titles)).errors).toBeUndefined();
  });
});

/** Files are told apart by their times. */
async function change({ folder }: GuardedGateway, text: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  await writeFile(join(folder, 'policy.mjs'), text);
}

function codesOf({ errors = [] }: GraphqlReply): unknown[] {
  return [...new Set(errors.map(({ extensions }) => extensions['code']))];
}

function pathsOf({ errors = [] }: GraphqlReply): string[] {
  return errors.map(({ path = [], extensions }) => `${path.join('.')} ${String(extensions['code'])}`);
}
