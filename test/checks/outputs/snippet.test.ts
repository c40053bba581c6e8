/** The file of an override, read by the parser that reads overrides. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import { approverOf, overrideSnippet } from '../../../src/checks/outputs/override-snippet.ts';
import type { Finding } from '../../../src/checks/report.ts';
import { arbitraryFinding, finding, hostileTexts, impact, report } from './reports.ts';

const expires = '2026-12-31';
const graphFile = 'schemas/graph.yaml';

describe('an override', () => {
  it('is a file that can be committed once it has a reason', () => {
    const snippet = overrideSnippet(finding({ fingerprint: '0123456789abcdef' }), {
      approver: '@acme/web',
      expires,
      graphFile,
    });
    expect(snippet.file).toBe('schemas/policy/overrides/0123456789abcdef.yaml');
    expect(snippet.text).toBe(`# schemas/policy/overrides/0123456789abcdef.yaml
fingerprint: "0123456789abcdef"
rule: field-removed
client: web
coordinate: Product.price
reason: "" # why it is accepted
approver: "@acme/web"
expires: 2026-12-31
`);
  });

  it('is beside graph.yaml', () => {
    const options = { approver: '', expires, graphFile: 'graph.yaml' };
    expect(overrideSnippet(finding(), options).file).toMatch(/^policy\/overrides\/\w+\.yaml$/);
  });

  it('has neither client nor coordinate where the finding has none', () => {
    const { text } = overrideSnippet(finding({ client: null, coordinate: null }), {
      approver: '',
      expires,
      graphFile,
    });
    expect(Object.keys(parse(text) as object)).toEqual([
      'fingerprint',
      'rule',
      'reason',
      'approver',
      'expires',
    ]);
  });

  it.each([
    '1234567890123456',
    '12345678901234e5',
    '0x12',
    '1_000',
    'true',
    'NULL',
    '~',
    '.inf',
    '-1',
    '',
    ' a',
    'a: b',
  ])('has the text %j and no other value', (fingerprint) => {
    expectSame(finding({ fingerprint, coordinate: fingerprint }), fingerprint);
  });

  it.each(hostileTexts)('has the same text: %j', (hostile) => {
    expectSame(
      finding({ fingerprint: hostile, rule: hostile, client: hostile, coordinate: hostile }),
      hostile,
    );
  });

  it('has the same texts for arbitrary findings', () => {
    fc.assert(
      fc.property(arbitraryFinding, fc.constantFrom(...hostileTexts), (arbitrary, approver) =>
        expectSame(arbitrary, approver),
      ),
      { numRuns: 1000 },
    );
  });

  it('is approved by the owner of its client, or of the client whose operation it concerns most', () => {
    expect(approverOf(finding(), report())).toBe('@acme/web');
    const operations = [impact({ client: 'mobile' }), impact({ client: 'web' })];
    expect(approverOf(finding({ client: null, operations }), report())).toBe('@acme/mobile');
    expect(approverOf(finding({ client: null }), report())).toBe('');
  });
});

/** But for lone surrogates, which no file in UTF-8 can have. */
function expectSame(arbitrary: Finding, approver: string): void {
  const { fingerprint, rule, client, coordinate } = arbitrary;
  const { file, text } = overrideSnippet(arbitrary, { approver, expires, graphFile });
  expect(file).toMatch(/^schemas\/policy\/overrides\/[\w-]*\.yaml$/);
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
  const texts = Object.entries({ fingerprint, rule, client, coordinate, reason: '', approver, expires });
  const expected = texts.flatMap(([key, value]) => (value === null ? [] : [[key, value.toWellFormed()]]));
  expect(Object.entries(parse(text) as object)).toEqual(expected);
}
