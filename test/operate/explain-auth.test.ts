/** `tributary explain-auth` says what the gateway then does with the same operation for the same principal. */
import { execFile } from 'node:child_process';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, it, onTestFinished } from 'vitest';

import type { ExplainedField, Explanation } from '../../src/authz/explain.ts';
import { openExplainer } from '../../src/cli/explainer.ts';
import { anyClient } from '../../src/pipeline/client.ts';
import { policyModule, serveGraph } from '../auth/guarded-graph.ts';
import { guardedFiles, type GuardedFiles, guardedGateway, issuer } from '../auth/support/guarded-gateway.ts';
import { folderWith } from '../support/folder.ts';
import { graphPath } from '../support/shop.ts';
import { runTributary } from '../support/tributary.ts';

type Claims = Readonly<Record<string, unknown>>;

const operation = `query Everything {
  secret
  anything {
    __typename
    ... on Account { id owner }
    ... on Book { title cost shelf margin }
    ... on Movie { budget note }
  }
  me { id }
  top { id score }
}`;

const principals: ReadonlyArray<[string, Claims | null]> = [
  ['nobody', null],
  ['a stranger', { sub: 'ada' }],
  ['somebody with some rights', { sub: 'ada', scope: 'secrets read scores', roles: ['finance'] }],
  ['somebody with all rights', { sub: 'ada', scope: 'root scores accounts', roles: ['finance'] }],
];

describe('what is denied, and what only the data can tell', () => {
  it('is for each principal what the gateway denies, with the same code', async () => {
    const graph = await guardedGateway();
    const explainer = await explainerOf(graph);
    for (const [who, claims] of principals) {
      const { fields } = await explainer(operation, claims);
      const { errors = [] } = await graph.query(operation, { claims });
      const refused = new Map(
        errors.map(({ path = [], extensions }) => [pathText(path), extensions['code']]),
      );
      const denied = fields.filter(({ outcome }) => outcome === 'denied');
      const open = fields.filter(({ outcome }) => outcome === 'with the data');
      for (const { field, code } of denied)
        expect([who, field, refused.get(field)]).toEqual([who, field, code]);
      const told = [...denied, ...open].map(({ field }) => field);
      expect([who, [...refused.keys()].filter((path) => !told.includes(path))]).toEqual([who, []]);
      expect(open.map(({ field }) => field)).toEqual(['anything.note']);
    }
  });

  it('comes with the rule, what each rule in it says, and what will be looked at; no backend is asked', async () => {
    const files = await guardedFiles();
    const explainer = await explainerOf(files);
    const { fields } = await explainer(operation, { sub: 'ada', scope: 'scores' });
    expect(at(fields, 'secret')).toMatchObject({
      outcome: 'denied',
      rule: '@requiresScopes([["read","secrets"],["root"]])',
      why: '@requiresScopes([["read","secrets"],["root"]]) denies',
    });
    expect(at(fields, 'top.score')).toMatchObject({ outcome: 'allowed', why: 'its directives allow it' });
    expect(at(fields, 'anything.shelf')).toMatchObject({
      outcome: 'denied',
      rule: 'never',
      why: 'never: no',
    });
    expect(at(fields, 'anything.budget')).toMatchObject({
      outcome: 'denied',
      why: '@policy([["finance"]]) denies, @policy finance: no',
    });
    expect(at(fields, 'anything.note')).toMatchObject({
      outcome: 'with the data',
      why: 'not this: looks at id of each object',
      looksAt: ['id'],
    });
    expect(at(fields, 'anything.owner')).toMatchObject({
      outcome: 'not reached',
      why: 'anything is denied',
    });
    expect(at(fields, 'anything.title')).toMatchObject({ why: 'allow: fallbackRule' });
    expect(files.graph.calls).toBe(0);
  });

  it('depends on the variables', async () => {
    const explainer = await explainerOf(await guardedFiles());
    const query = 'query ($isbn: Boolean = false) { books { isbn @include(if: $isbn) } }';
    const without = await explainer(query, null);
    expect(at(without.fields, 'books.isbn')).toMatchObject({
      outcome: 'not asked for',
      rule: '@authenticated',
    });
    await expect(explainer(query, null, { isbn: 'no' })).rejects.toThrow('"$isbn" got an invalid value');
    const withIt = await explainer(query, null, { isbn: true });
    expect(at(withIt.fields, 'books.isbn')).toMatchObject({ outcome: 'denied', code: 'UNAUTHENTICATED' });
  });
});

describe('of a field that cannot be null it says what becomes null with it, as the gateway then does', () => {
  const places: ReadonlyArray<[string, string, string, unknown]> = [
    ['{ root }', 'root', 'all of data', null],
    ['{ one { secret } }', 'one.secret', 'all of data', null],
    ['{ box { t { secret } } }', 'box.t.secret', 'box', { box: null }],
    ['{ loose { secret } }', 'loose.secret', 'its object in loose', { loose: [null] }],
    ['{ list { secret } }', 'list.secret', 'list', { list: null }],
    ['{ strict { secret } }', 'strict.secret', 'all of data', null],
    ['{ grid { secret } }', 'grid.secret', 'its list in grid', { grid: [null] }],
    ['{ box { all: strict { secret } } }', 'box.all.secret', 'box', { box: null }],
  ];

  it('wherever the field is', async () => {
    const graph = await guardedGateway({ policy: nullsPolicy, serve: serveNulls });
    const explainer = await explainerOf(graph);
    for (const [query, field, nulled, data] of places) {
      const { fields } = await explainer(query, null);
      const why = `never: no; it cannot be null, so ${nulled} becomes null`;
      expect(at(fields, field), query).toMatchObject({ outcome: 'denied', why });
      expect((await graph.query(query)).data, query).toEqual(data);
    }
  });

  it('also where it is decided with the data, and not of one that can be null', async () => {
    const explainer = await explainerOf(await guardedFiles({ policy: nullsPolicy, serve: serveNulls }));
    const { fields } = await explainer('{ box { t { late hint } } }', null);
    expect(at(fields, 'box.t.late')).toMatchObject({
      outcome: 'with the data',
      why: 'not this: looks at id of each object; it cannot be null, so where it is denied box becomes null',
    });
    expect(at(fields, 'box.t.hint')).toMatchObject({ outcome: 'denied', why: 'never: no' });
  });
});

it('says what allows a field, and that nothing says anything only where that is so', async () => {
  const explainer = await explainerOf(await guardedFiles({ policy: nullsPolicy, serve: serveNulls }));
  const { fields } = await explainer('{ __typename one { id } box { open } }', null);
  expect(fields.map(({ field, rule, why }) => [field, rule, why])).toEqual([
    ['__typename', null, 'nothing guards it'],
    ['one', 'allow', 'allow: fallbackRule'],
    ['one.id', 'allow', 'allow: the rule of T.id'],
    ['box', 'allow', 'allow: fallbackRule'],
    ['box.open', 'allow', 'allow: the rule of Box'],
  ]);
});

const nullsPolicy = `
  export function policy({ rule, allow }) {
    const never = rule('never', { cache: 'contextual' })(() => false);
    const notThis = rule('not this', { cache: 'strict', fragment: '{ id }' })(({ id }) => id === 'other');
    const T = { id: allow, secret: never, late: notThis, hint: never };
    return { fallbackRule: allow, permissions: { Query: { root: never }, Box: allow, T } };
  }
`;

function serveNulls(): ReturnType<typeof serveGraph> {
  const t = { id: '1', secret: 's', late: 'l', hint: 'h' };
  const box = { t, strict: [t], open: 1 };
  return serveGraph({
    nulls: {
      sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12")
        type Query { root: Int! one: T! box: Box loose: [T] list: [T!] strict: [T!]! grid: [[T!]] }
        type Box { t: T! strict: [T!]! open: Int }
        type T { id: ID secret: String! late: String! hint: String }`,
      resolvers: {
        Query: {
          root: () => 1,
          one: () => t,
          box: () => box,
          loose: () => [t],
          list: () => [t],
          strict: () => [t],
          grid: () => [[t]],
        },
      },
    },
  });
}

it('JSON says what failed, and what the gateway would say of all of it', async () => {
  const policy = policyModule.replace('() => false)', "() => { throw new Error('rule is broken'); })");
  const { folder, supergraph, configPath } = await guardedFiles({
    policy,
    authorization: ['unauthorized: reject'],
  });
  await writeFile(join(folder, 'q.graphql'), '{ books { shelf } }');
  await writeFile(join(folder, 'as.json'), '{ "sub": "ada", "exp": 1 }');
  const place = ['--supergraph', supergraph, '--config', configPath];
  const { code, stdout, stderr } = await runTributary(
    ['explain-auth', '--operation', 'q.graphql', '--as', 'as.json', '--json', ...place],
    { cwd: folder },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'policy rule never failed: rule is broken\n' });
  expect(JSON.parse(stdout)).toMatchObject({
    principal: { subject: 'ada', issuer, provenBy: 'jwt' },
    notes: [
      'authorization.unauthorized is "reject": the whole request is refused with AUTHORIZATION_FAILED.',
      'These claims expired at 1970-01-01T00:00:01.000Z: the gateway refuses such a token.',
    ],
    fields: [
      { field: 'books', outcome: 'allowed' },
      { field: 'books.shelf', outcome: 'denied', why: 'never: failed', code: 'AUTHORIZATION_FAILED' },
    ],
  });
  expect(await readdir(folder)).not.toContain('audit.jsonl');
});

it('the table is the one that docs/how-to/explain-auth.md shows, by the commands that it gives', async () => {
  const docs = await readFile(new URL('../../docs/how-to/explain-auth.md', import.meta.url), 'utf8');
  const [, commands = '', table = ''] =
    /```sh\n([^`]*npx --no -- tributary explain-auth[^`]*)```\s+```\n([^`]*)```/.exec(docs) ?? [];
  const folder = await folderWith({});
  await symlink(join(graphPath, '..'), join(folder, 'schemas'));
  const program = `${process.execPath} ${join(graphPath, '../../src/cli/tributary.js')}`;
  const { stdout, stderr } = await promisify(execFile)(
    'sh',
    ['-c', commands.replace('npx --no -- tributary', program)],
    { cwd: folder, timeout: 120_000 },
  );
  expect(stderr).toBe('');
  expect(stdout).toBe(table);
});

describe('a mistake ends with a line that says what is wrong, and exit code 1', () => {
  it.each([
    [
      { 'q.graphql': '{ usr(id: "u1") { name } orders { idd } }' },
      [
        'q.graphql:1:3 Cannot query field "usr" on type "Query". Did you mean "user" or "users"?',
        'q.graphql:1:35 Cannot query field "idd" on type "Order". Did you mean "id"?',
      ],
    ],
    [{ 'as.json': '["admin"]' }, ['as.json must hold a JSON object']],
    [{ 'as.json': '{ sub: 1 }' }, ['as.json is not JSON: ']],
    [{ 'as.json': '{ "sub": 1 }' }, ['as.json: "sub" must be a string: other tokens are refused']],
    [
      { 'as.json': '{ "iss": "https://other.example" }' },
      ['as.json: no issuer "https://other.example": "iss" must be one of "tributary-demo-only"'],
    ],
  ])('%j', async (files, lines) => {
    const folder = await folderWith({ 'q.graphql': '{ __typename }', 'as.json': '{}', ...files });
    const args = ['explain-auth', '--operation', 'q.graphql', '--as', 'as.json', '--graph', graphPath];
    const { code, stdout, stderr } = await runTributary([...args, ...demoConfig], { cwd: folder });
    const told = stderr.replace('tributary explain-auth: ', '').split('\n');
    expect(told).toEqual([...lines.map((line) => expect.stringContaining(line) as string), '']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  });
});

it('without --config it says that no policy was looked at, to people and to programs', async () => {
  const folder = await folderWith({ 'q.graphql': '{ __typename }' });
  const args = ['explain-auth', '--operation', 'q.graphql', '--as', 'anonymous', '--graph', graphPath];
  const note = 'no --config, so no access policy: only schema directives decide.';
  const [told, json] = await Promise.all([
    runTributary(args, { cwd: folder }),
    runTributary([...args, '--json'], { cwd: folder }),
  ]);
  expect(told.stdout).toContain(`Note: ${note}`);
  expect(JSON.parse(json.stdout)).toMatchObject({ notes: [note] });
});

const demoConfig = ['--config', join(graphPath, '../demo/gateway.yaml')];

type Explain = (query: string, claims: Claims | null, variables?: Claims) => Promise<Explanation>;

async function explainerOf({ supergraph, configPath }: GuardedFiles): Promise<Explain> {
  const explainer = await openExplainer({ supergraph, configPath });
  onTestFinished(() => explainer.close());
  return (query, claims, variables = {}) =>
    explainer.explain(
      { query, variables, operationName: null, extensions: null },
      { principal: explainer.principalOf(claims), client: anyClient },
    );
}

function at(fields: readonly ExplainedField[], path: string): ExplainedField {
  const found = fields.find(({ field }) => field === path);
  if (!found) throw new Error(`${path} is not explained`);
  return found;
}

function pathText(path: ReadonlyArray<string | number>): string {
  return path.filter((step) => typeof step === 'string').join('.');
}
