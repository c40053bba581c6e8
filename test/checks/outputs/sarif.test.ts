/** SARIF, read by the schema of its editors. */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { Ajv, type AnySchemaObject, type ValidateFunction } from 'ajv';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';

import { render } from './render.ts';
import { arbitraryReport, finding, hostileReport, hostileTexts, hugeReport, report } from './reports.ts';

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: { readonly text: string };
  readonly locations: ReadonlyArray<{
    readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } };
  }>;
  readonly suppressions: readonly object[];
}

interface Run {
  readonly tool: { readonly driver: { readonly rules: ReadonlyArray<{ readonly id: string }> } };
  readonly invocations: readonly object[];
  readonly results: readonly Result[];
}

const require = createRequire(import.meta.url);
let validate: ValidateFunction;

beforeAll(async () => {
  const file = require.resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
  // It is of draft 4, of which it uses nothing that later drafts changed but the name of its id.
  const { $schema, id, ...schema } = JSON.parse(await readFile(file, 'utf8')) as AnySchemaObject;
  expect([$schema, id]).toEqual([
    expect.stringContaining('draft-04'),
    expect.stringContaining('sarif-2.1.0-rtm.5'),
  ]);
  validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema);
});

/** The only run of a log that is valid. */
function runOf(text: string): Run {
  const log = JSON.parse(text) as { readonly runs: readonly [Run] };
  expect(validate(log), JSON.stringify(validate.errors)).toBe(true);
  expect(log.runs).toHaveLength(1);
  return log.runs[0];
}

it('a result has its rule, level, place and fingerprint', () => {
  const { tool, results } = runOf(render('sarif', report()));
  expect(tool.driver.rules.map(({ id }) => id)).toEqual([
    'enum-value-added',
    'field-removed',
    'lint-type-name',
    'tag-added',
  ]);
  expect(tool.driver.rules[1]).toMatchObject({ shortDescription: { text: 'A field was removed' } });
  expect(results[0]).toEqual({
    ruleId: 'field-removed',
    ruleIndex: 1,
    level: 'error',
    message: {
      text: 'web: Product.price was removed. Operations: 1 broken, 1 affected. Deprecate the field before you remove it.',
    },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: 'schemas/subgraphs/products/schema.graphql', uriBaseId: '%SRCROOT%' },
          region: { startLine: 12, startColumn: 3 },
        },
        logicalLocations: [{ fullyQualifiedName: 'Product.price' }],
      },
    ],
    partialFingerprints: { 'tributaryFinding/v1': finding().fingerprint },
    suppressions: [],
    properties: {
      client: 'web',
      operations: [
        'Home (web 1.2, 12,340 calls, last seen 2026-11-20)',
        'anonymous aaaaaaaaaaaa (web, no usage recorded)',
      ],
    },
  });
  expect(results.map(({ level }) => level)).toEqual(['error', 'warning', 'note', 'error']);
});

it('an overridden finding is suppressed, with the reason', () => {
  const { results } = runOf(render('sarif', report()));
  expect(results.map(({ suppressions }) => suppressions.length)).toEqual([0, 0, 0, 1]);
  expect(results[3]?.suppressions[0]).toMatchObject({
    kind: 'external',
    status: 'accepted',
    justification: 'both apps have a default case (@acme/web, until 2027-01-31)',
  });
});

it('more than 5,000 findings are left out, those of least importance', () => {
  const { results, invocations } = runOf(render('sarif', hugeReport(6000)));
  expect(results).toHaveLength(5000);
  expect(results[0]?.message.text).toMatch(/^client-199: Type5999\.field was removed/);
  expect(JSON.stringify(invocations)).toContain('1,000 findings of less importance left out');
});

it.each(hostileTexts)('is valid, and its places stay in the repository, for %j', (hostile) => {
  const { results, tool } = runOf(render('sarif', hostileReport(hostile)));
  for (const { ruleIndex, ruleId, locations } of results) {
    expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    for (const { physicalLocation } of locations) {
      const url = new URL(physicalLocation.artifactLocation.uri, 'file:///repository/');
      expect([url.protocol, url.host, url.search, url.hash]).toEqual(['file:', '', '', '']);
    }
  }
  expect(results[0]?.message.text).not.toContain('](');
});

it('is valid for arbitrary reports', () => {
  fc.assert(
    fc.property(arbitraryReport, (arbitrary) => {
      const text = render('sarif', arbitrary);
      expect(text.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
      expect(runOf(text).results).toHaveLength(arbitrary.findings.length);
    }),
    { numRuns: 200 },
  );
});

it.each([
  ['level', 'fatal'],
  ['message', 'text'],
  ['ruleIndex', -2],
  ['other', 1],
])('the schema refuses a result whose %s is %j', (key, value) => {
  const log = JSON.parse(render('sarif', report())) as { runs: [{ results: [Record<string, unknown>] }] };
  log.runs[0].results[0][key] = value;
  expect(validate(log)).toBe(false);
});
