/** What a change is called, and which operations it is said to break: by states in memory. */
import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';

import { schemaChanges } from '../../src/checks/diff/schema-changes.ts';
import type { CheckReport, ClientOperation } from '../../src/checks/report.ts';
import { runChecks } from '../../src/checks/run.ts';
import type { SchemaState } from '../../src/checks/states/state.ts';
import { readChecksPolicy } from '../../src/config/checks/checks-file.ts';

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable", "@composeDirective"])';

function operation(document: string): ClientOperation {
  const name = /^query (\w+)/.exec(document)?.[1] ?? null;
  return {
    client: 'web',
    version: '1',
    name,
    id: document,
    document,
    file: `${document}.graphql`,
    calls: null,
    lastSeenAt: null,
  };
}

function stateOf(sdl: string, documents: readonly string[]): SchemaState {
  return {
    label: 'state',
    graph: {
      kind: 'subgraphs',
      file: 'graph.yaml',
      subgraphs: sdl.split('---').map((text, index) => ({
        name: `shop${index}`,
        owner: 'shop-team',
        url: 'http://shop',
        file: `shop${index}.graphql`,
        sdl: text.includes('@link') ? text : `${link}\n${text}`,
      })),
    },
    clients: [],
    operations: documents.map(operation),
    problems: [],
  };
}

interface Checked {
  readonly base: string;
  readonly head: string;
  readonly documents?: readonly string[];
  readonly newDocuments?: readonly string[];
}

async function checked({
  base,
  head,
  documents = [],
  newDocuments = documents,
}: Checked): Promise<CheckReport> {
  return runChecks({
    base: stateOf(base, documents),
    head: stateOf(head, newDocuments),
    policy: await readChecksPolicy('lint: {}', 'checks.yaml'),
    overrides: [],
    now: '2026-01-01T00:00:00Z',
  });
}

/** `severity rule coordinate: operations`. */
function textsOf({ findings }: CheckReport): string[] {
  return findings
    .filter(({ stage }) => stage === 'diff' || stage === 'impact')
    .map(({ severity, rule, coordinate, operations }) => {
      const names = operations.map((impact) => `${impact.operation.name ?? '?'} ${impact.level}`);
      return `${severity} ${rule} ${coordinate ?? ''}: ${names.join(', ')}`;
    });
}

describe('the findings of two members that an element loses', () => {
  const types =
    'type Query { s: S n: N } type A implements N { id: ID a: Int } type B implements N { id: ID b: Int } type C implements N { id: ID } interface N { id: ID }';
  const without = (name: string, sdl: string): string =>
    sdl.replace(`type ${name} implements N`, `type ${name}`);

  it('of a union have fingerprints and operations of their own', async () => {
    const { findings } = await checked({
      base: `${types} union S = A | B | C`,
      head: `${types} union S = C`,
      documents: ['query OfA { s { ... on A { a } } }', 'query OfB { s { ... on B { b } } }'],
    });
    const lost = findings.filter(({ rule }) => rule === 'possible-type-removed');
    const broken = lost.map(({ operations }) =>
      operations.filter(({ level }) => level === 'broken').map((one) => one.operation.name),
    );
    expect(broken).toEqual([['OfA'], ['OfB']]);
    expect(new Set(lost.map(({ fingerprint }) => fingerprint)).size).toBe(2);
    expect(lost.map(({ message }) => message)).toEqual([
      expect.stringContaining("'A'"),
      expect.stringContaining("'B'"),
    ]);
  });

  it.each([1, 2])('of an interface are the same in whatever order the operations are read', async (turn) => {
    const documents = ['query OfA { n { ... on A { a } } }', 'query OfB { n { ... on B { b } } }'];
    const base = `${types} union S = C`;
    const report = await checked({
      base,
      head: without('B', without('A', base)),
      documents: turn === 1 ? documents : documents.toReversed(),
    });
    expect(textsOf(report).filter((text) => text.startsWith('error'))).toEqual([
      'error interface-removed A: OfA broken, OfB affected',
      'error interface-removed B: OfB broken, OfA affected',
    ]);
  });
});

it('a harmless change of the same element is not to blame', async () => {
  const types = 'type Query { s: S } type A { a: Int } type B { b: Int } type C { c: Int }';
  const report = await checked({
    base: `${types} union S = A | B`,
    head: `${types} union S = B | C`,
    documents: ['query OfA { s { ... on A { a } } }'],
  });
  expect(textsOf(report)).toContain('error possible-type-removed S: OfA broken');
  expect(textsOf(report)).not.toContain('error possible-type-added S: OfA broken');
});

it('a member that is lost below a fragment on the union, or beside a change of the same interface, is to blame', async () => {
  const union =
    'type Query { n: N } interface N { id: ID } type A implements N { id: ID a: Int } type B implements N { id: ID } type C implements N { id: ID }';
  const ofUnion = await checked({
    base: `${union} union S = A | B`,
    head: `${union} union S = B | C`,
    documents: ['query OfA { n { ... on S { ... on A { a } } } }'],
  });
  const errors = (report: CheckReport): string[] =>
    textsOf(report).filter((text) => text.startsWith('error'));
  expect(errors(ofUnion)).toEqual(['error possible-type-removed S: OfA broken']);
  const types = 'type Query { n: N } interface E { id: ID }';
  const ofInterface = await checked({
    base: `${types} interface N { id: ID } type A implements N { id: ID a: Int } type B implements N { id: ID }`,
    head: `${types} interface N implements E { id: ID } type A { id: ID a: Int } type B implements N & E { id: ID }`,
    documents: ['query OfA { n { ... on A { a } } }'],
  });
  expect(errors(ofInterface)).toEqual(['error interface-removed A: OfA broken']);
});

it('operations that were invalid before are one finding, and no two findings have one fingerprint', async () => {
  const { findings } = await checked({
    base: 'type Query { a: Int }',
    head: 'type Query { a: Int b: Int }',
    documents: ['query A { nope }', 'query B { nope2 }'],
  });
  const invalid = findings.filter(({ rule }) => rule === 'operation-invalid-before');
  expect(invalid.map(({ operations }) => operations.length)).toEqual([2]);
  expect(new Set(findings.map(({ fingerprint }) => fingerprint)).size).toBe(findings.length);
});

it('every change that an operation meets is one that it uses', async () => {
  const fields = Array.from({ length: 60 }, (_, index) => `f${index}`);
  const sdl = (type: string): string =>
    `type Query { ${fields.map((name) => `${name}: ${type}`).join(' ')} }`;
  const document = `query All { ${fields.join(' ')} }`;
  const report = await checked({ base: sdl('Int!'), head: sdl('Int'), documents: [document] });
  expect(textsOf(report).filter((text) => text.endsWith(': All broken'))).toHaveLength(60);
});

describe('what differs', () => {
  const changesOf = async (base: string, head: string): Promise<string[]> =>
    (await schemaChanges(buildSchema(base), buildSchema(head))).map(
      ({ level, rule, coordinate, message }) => `${level} ${rule} ${coordinate ?? ''}: ${message}`,
    );

  it.each<[string, string, string, string[]]>([
    [
      'a level of a list that may be null now is said to be nullable',
      'type Query { a: [String!] }',
      'type Query { a: [String]! }',
      ['breaking became-nullable Query.a: Query.a changed from [String!] to [String]!'],
    ],
    [
      '@oneOf that is added',
      'type Query { a(by: F): Int } input F { a: Int b: Int }',
      'type Query { a(by: F): Int } input F @oneOf { a: Int b: Int }',
      ['breaking one-of-added F: F takes exactly one field now'],
    ],
    [
      '@oneOf that is removed',
      'type Query { a(by: F): Int } input F @oneOf { a: Int b: Int }',
      'type Query { a(by: F): Int } input F { a: Int b: Int }',
      ['safe one-of-removed F: F takes several fields now'],
    ],
    [
      'an optional argument of a directive',
      'type Query { a: Int } directive @l(a: Int) on FIELD',
      'type Query { a: Int } directive @l(a: Int, b: Int! = 3) on FIELD',
      ["safe directive-argument-added @l: Argument 'b' was added to directive 'l'"],
    ],
    [
      'another kind of type',
      'type Query { a: X } type X { a: Int }',
      'type Query { a: X } interface X { a: Int }',
      ['breaking type-kind-changed X: X changed from an object type to an interface'],
    ],
  ])('%s', async (_, base, head, expected) => {
    expect(await changesOf(base, head)).toEqual(expected);
  });

  it('a new type that implements an interface is dangerous to those who select the interface', async () => {
    const base = 'type Query { n: N } interface N { id: ID } type A implements N { id: ID }';
    const changes = await changesOf(base, `${base} type B implements N { id: ID }`);
    expect(changes).toContainEqual(expect.stringMatching(/^dangerous interface-added B: /));
  });
});

describe('a graph that composes and cannot be loaded', () => {
  const sdl = (window: string): string => `${link}
    @link(url: "https://example.com/limits/v1.0", import: ["@rateLimit"]) @composeDirective(name: "@rateLimit")
    directive @rateLimit(limit: Int!, window: String!) on FIELD_DEFINITION
    type Query { user: String @rateLimit(limit: 5, window: "${window}") other: String }`;

  it.each(['query Other { other }', 'query User { user }'])(
    'is invalid, with its reason: %s',
    async (document) => {
      const report = await checked({ base: sdl('1m'), head: sdl('1 minute'), documents: [document] });
      expect(report.verdict).toBe('invalid');
      expect(report.findings[0]).toMatchObject({
        rule: 'supergraph-invalid',
        message: expect.stringContaining('"1 minute"') as unknown,
      });
    },
  );

  it('may be repaired', async () => {
    const report = await checked({
      base: sdl('1 minute'),
      head: sdl('1m'),
      documents: ['query User { user }'],
    });
    expect(report.verdict).toBe('passed');
    expect(report.findings.map(({ rule }) => rule)).toContain('base-invalid');
  });
});

it('hints of composition are those that the change adds', async () => {
  const sdl = (fields: string, size = ''): string =>
    `type Query { a: Int } type T @shareable { id: ID "A" b: Int ${size} } --- type T @shareable { id: ID "B" b: Int } type Query { ${fields} }`;
  const hints = async (base: string, head: string): Promise<string[]> =>
    (await checked({ base, head })).findings
      .filter(({ rule }) => rule === 'composition-hint')
      .map(({ coordinate }) => coordinate ?? '');
  expect(await hints(sdl('t: T'), sdl('t: T u: Int'))).toEqual([]);
  expect(await hints('type Query { a: Int }', sdl('t: T'))).not.toEqual([]);
});
