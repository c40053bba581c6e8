/** Lint over the demo, and what must not change the fingerprints of its findings. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import fc from 'fast-check';
import { parse, print, visit, type ASTNode } from 'graphql';
import { beforeAll, expect, it } from 'vitest';

import { lintSubgraphs } from '../../src/checks/lint/lint.ts';
import { readChecksPolicy, defaultChecksPolicy } from '../../src/config/checks/checks-file.ts';
import { readGraphOutline } from '../../src/config/checks/graph-outline.ts';
import { lintRuleNames } from '../../src/config/checks/rules.ts';
import type { SubgraphSchema } from '../../src/preparation/composition/compose.ts';
import { withSeverities } from './support/lint-table.ts';

const root = join(import.meta.dirname, '../..');
let demo: readonly SubgraphSchema[];

beforeAll(async () => {
  const outline = await readGraphOutline(
    await readFile(join(root, 'schemas/graph.yaml'), 'utf8'),
    'graph.yaml',
  );
  demo = await Promise.all(
    outline.map(async ({ name, url, schema }) => {
      const file = `schemas/${schema}`;
      return { name, url, file, sdl: await readFile(join(root, file), 'utf8') };
    }),
  );
});

it('finds no error in the demo by default, and three lists without a limit', () => {
  const findings = lintSubgraphs(demo, defaultChecksPolicy.lint);
  const loud = findings.filter(({ severity }) => severity !== 'notice');
  expect(loud.map(({ rule, coordinate, severity }) => `${severity} ${rule} ${coordinate}`).sort()).toEqual([
    'warning lint-list-pagination UserDashboard.recentOrders',
    'warning lint-list-pagination UserDashboard.recommendations',
    'warning lint-list-pagination UserOrders.orders',
  ]);
  const notices = findings.filter(({ severity }) => severity === 'notice');
  expect(new Set(notices.map(({ rule }) => rule))).toEqual(new Set(['lint-description']));
});

it('finds nothing loud in the demo by its own policy', async () => {
  const file = 'schemas/policy/checks.yaml';
  const policy = await readChecksPolicy(await readFile(join(root, file), 'utf8'), file);
  const findings = lintSubgraphs(demo, policy.lint);
  expect(findings.filter(({ severity }) => severity !== 'notice').map(({ message }) => message)).toEqual([]);
});

it('places each finding at the name that it is about', () => {
  const settings = { ...defaultChecksPolicy.lint, ...withSeverities(() => 'warning') };
  const findings = lintSubgraphs([...demo, clumsy, other], settings);
  expect(findings.length).toBeGreaterThan(30);
  for (const { location, coordinate } of findings) {
    const sdl = [...demo, clumsy, other].find(({ file }) => file === location?.file)?.sdl ?? '';
    const line = sdl.split('\n')[(location?.line ?? 0) - 1] ?? '';
    const name = /[.(]?(\w+)(?::\))?$/.exec(coordinate ?? '')?.[1] ?? '?';
    expect(line.slice((location?.column ?? 0) - 1)).toMatch(new RegExp(`^${name}\\b`));
  }
});

it('gives a finding one fingerprint, whatever the order and the format of the schemas', () => {
  const settings = {
    ...defaultChecksPolicy.lint,
    ...withSeverities(() => 'warning'),
    allowedTags: ['partner'],
    describedFields: 'all' as const,
    deprecationDates: true,
  };
  const fingerprints = (subgraphs: readonly SubgraphSchema[]): string[] =>
    lintSubgraphs(subgraphs, settings).map(({ fingerprint }) => fingerprint);
  const before = fingerprints([...demo, clumsy, other]);
  const rules = lintSubgraphs([...demo, clumsy, other], settings).map(({ rule }) => rule);
  expect(new Set(rules)).toEqual(new Set(lintRuleNames));
  expect(new Set(before).size).toBe(before.length);
  let runs = 0;
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const shuffled = shuffle([...demo, clumsy, other], seed).map((subgraph, index) => ({
        ...subgraph,
        sdl: rearranged(subgraph.sdl, seed + index),
      }));
      runs += 1;
      expect(fingerprints(shuffled).sort()).toEqual(before.slice().sort());
    }),
    { numRuns: 200 },
  );
  console.log(`${runs} orders of ${demo.length + 2} subgraphs, ${before.length} findings each`);
});

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@tag", "@external", "@listSize"])';
const clumsy: SubgraphSchema = {
  name: 'clumsy',
  url: '',
  file: 'clumsy.graphql',
  sdl: `${link}
type Query {
  all_parts(page_no: Int): [Part]
  "Found." found(filter: PartFilter): [part_kind!]!
}
type Part @key(fields: "number") @tag(name: "secret") { number: Int! Kind: part_kind old: Int @deprecated older: Int @deprecated(reason: "Use number") }
enum part_kind { bolt NUT @tag(name: "x") }
input PartFilter { id: String }
type Alone { id: Int }
scalar Lonely
`,
};
const other: SubgraphSchema = {
  name: 'other',
  url: '',
  file: 'other.graphql',
  sdl: `${link}
"""
A part.
"""
type Part @key(fields: "number") { number: Int! @external, drawings(first: Int): [Drawing!]! parts: [Part!]! }
type Drawing @key(fields: "url") { url: String! }
`,
};

/** Definitions and their members in another order, and the whole printed anew with blank lines and comments. */
function rearranged(sdl: string, seed: number): string {
  const document = visit(parse(sdl), {
    Document: { leave: (node) => ({ ...node, definitions: shuffle(node.definitions, seed) }) },
    ObjectTypeDefinition: { leave: (node) => ({ ...node, fields: shuffle(node.fields ?? [], seed) }) },
    InputObjectTypeDefinition: { leave: (node) => ({ ...node, fields: shuffle(node.fields ?? [], seed) }) },
    EnumTypeDefinition: { leave: (node) => ({ ...node, values: shuffle(node.values ?? [], seed) }) },
    FieldDefinition: { leave: (node) => ({ ...node, arguments: shuffle(node.arguments ?? [], seed) }) },
  }) as ASTNode;
  return `${'\n'.repeat(Math.abs(seed % 7))}# Comment\n${print(document).replaceAll('\n', '\n  ')}`;
}

function shuffle<Item>(items: readonly Item[], seed: number): Item[] {
  let state = seed | 0;
  const keyed = items.map((item) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return { item, key: state };
  });
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}
