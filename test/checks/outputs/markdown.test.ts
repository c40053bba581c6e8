/** Markdown of comments and summaries, read by an independent parser of CommonMark and tables. */

import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import type { CheckReport } from '../../../src/checks/report.ts';
import { render } from './render.ts';
import {
  arbitraryReport,
  client,
  finding,
  hostileReport,
  hostileTexts,
  hugeReport,
  impact,
  report,
} from './reports.ts';

const formats = ['markdown', 'github-summary'] as const;
const reader = new MarkdownIt({ html: true, linkify: true });

type Token = ReturnType<typeof reader.parse>[number];

/** HTML that the output writes itself. */
const ownHtml =
  /^(<!-- tributary-check -->|<details><summary>[A-Za-z ,:]+<\/summary>|<\/details>|<br>|<\/?sub>)$/;

/** Commands and links of GitHub and GitLab that begin with these within text, however they are escaped. */
const reference = /@\w|[#!&]\d|[~%][\w"]|\^alert|\bGH-\d|:\/\/|www\.|\$(?!\u200b)/i;

interface Document {
  readonly text: string;
  readonly tokens: readonly Token[];
  readonly inline: readonly Token[];
}

function read(text: string): Document {
  const tokens = reader.parse(text, {});
  return { text, tokens, inline: tokens.flatMap(({ children }) => children ?? []) };
}

/** Nothing but tables, headings, paragraphs, code and our own HTML; no text of strangers is more than text. */
function expectClean({ text, tokens, inline }: Document): void {
  expect(text.replaceAll('\n', '')).not.toMatch(/(?!\u200b)\p{C}|\p{Zl}|\p{Zp}/u);
  const html = [...tokens, ...inline].filter(({ type }) => type.startsWith('html_'));
  expect(html.map(({ content }) => content.trim()).filter((content) => !ownHtml.test(content))).toEqual([]);
  const types = new Set([...tokens, ...inline].map(({ type }) => type.replace(/_(open|close)$/, '')));
  const allowed = [
    'heading',
    'paragraph',
    'table',
    'thead',
    'tbody',
    'tr',
    'th',
    'td',
    'inline',
    'fence',
    'text',
  ];
  const other = [...types].filter(
    (type) => ![...allowed, 'code_inline', 'html_block', 'html_inline', 'strong'].includes(type),
  );
  expect(other).toEqual([]);
  expectOwnText(inline);
  expectTables(text);
  expectFences(text, tokens);
  const own = html.map(({ content }) => content.trim());
  expect(own.filter((content) => content.startsWith('<details>')).length).toBe(
    own.filter((content) => content === '</details>').length,
  );
}

function expectOwnText(inline: readonly Token[]): void {
  const texts = inline.filter(({ type }) => type === 'text').map(({ content }) => content);
  expect(texts.filter((content) => reference.test(content))).toEqual([]);
}

/** Readers fill up rows that are too short and truncate those that are too long, so the lines themselves are counted. */
function expectTables(text: string): void {
  let columns = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith('|')) {
      columns = 0;
      continue;
    }
    expect(line).toMatch(/ \|$/);
    const pipes = countOf(line, '|');
    if (columns === 0) columns = pipes;
    expect(pipes).toBe(columns);
  }
}

function expectFences(text: string, tokens: readonly Token[]): void {
  const lines = text.split('\n');
  for (const { info, map, content } of tokens.filter(({ type }) => type === 'fence')) {
    expect(info).toBe('yaml');
    expect(lines[(map?.[1] ?? 0) - 1]).toBe('```');
    expect(Object.keys(parse(content) as object)).toEqual(
      expect.arrayContaining(['fingerprint', 'rule', 'expires']),
    );
  }
}

const countOf = (text: string, part: string): number => text.split(part).length - 1;

describe('a comment', () => {
  it('begins with the marker by which it is updated; a summary has none', () => {
    expect(render('markdown', report())).toMatch(/^<!-- tributary-check -->\n\n## /);
    expect(render('github-summary', report())).toMatch(/^## /);
  });

  it('says what breaks, for each client', () => {
    const text = render('markdown', report());
    expectClean(read(text));
    for (const line of [
      '## ❌ Schema check failed: 1 error, 1 warning, 1 notice, 1 accepted by an override',
      '`origin/main (1a2b3c4)` (3 subgraphs, 303 operations) → `working tree` (3 subgraphs, 303 operations)',
      '| `web` | `@acme/web` | 1 | 2 | 1 | 2 | 300 | 1 |',
      '### `web`, owner `@acme/web`',
      '| ❌ error | `Product.price`<br>`schemas/subgraphs/products/schema.graphql:12:3` | Product.price was removed.<br>Deprecate the field before you remove it. (`field-removed`) | 1 broken, 1 affected |',
      '| accepted | `Status.PAUSED`<br>`schemas/subgraphs/products/schema.graphql:12:3` | Status.PAUSED was added.<br>Deprecate the field before you remove it.<br>Accepted by `@acme/web` until `2027-01-31`: both apps have a default case (`enum-value-added`) |  |',
      '| `Product.price` | broken | `Home` | `web 1.2` | 12,340 | `2026-11-20` |',
      '| `Product.price` | affected | `anonymous aaaaaaaaaaaa` | `web` | not recorded |  |',
      '### `mobile`, owner `@acme/mobile`',
      '### All clients',
      '| impact | failed | 0.20 s |',
    ])
      expect(text.split('\n')).toContain(line);
  });

  it('has the files of overrides in collapsed parts, ready to commit', () => {
    const { tokens } = read(render('markdown', report()));
    const [fence, ...others] = tokens.filter(({ type }) => type === 'fence');
    expect(others).toEqual([]);
    expect(parse(fence?.content ?? '')).toEqual({
      fingerprint: finding().fingerprint,
      rule: 'field-removed',
      client: 'web',
      coordinate: 'Product.price',
      reason: '',
      approver: '@acme/web',
      expires: '2026-12-31',
    });
  });

  it('shows as code what messages and hints have between backticks', () => {
    const hint = 'Write `@deprecated(reason: "Use <b>")` | `a|b`, not ` or `` @team';
    const document = read(render('markdown', report({ findings: [finding({ hint })] })));
    expectClean(document);
    const cell = cellsOf(document).find((text) => text.includes('Write')) ?? '';
    expect(cell).toContain('Write @deprecated(reason: "Use <b>") | a|b, not ` or `` @team.');
    expect(
      document.inline.filter(({ type }) => type === 'code_inline').map(({ content }) => content),
    ).toContain('@deprecated(reason: "Use <b>")');
  });

  it('lists ten operations of a finding, and counts the others', () => {
    const operations = Array.from({ length: 17 }, (_, index) => impact({ name: `Page${index}` }));
    const text = render('markdown', report({ findings: [finding({ operations })] }));
    expect(countOf(text, '| broken | `Page')).toBe(10);
    expect(text).toContain('| `Product.price` |  | ... and 7 more |  |  |  |\n');
  });
});

describe('the size', () => {
  it.each<[(typeof formats)[number], number]>([
    ['markdown', 65_000],
    ['github-summary', 1_048_576],
  ])(
    'of %s stays below its limit for 50,000 findings, of which whole ones are left out',
    (format, bytesMax) => {
      const text = render(format, hugeReport(50_000));
      expect(Buffer.byteLength(text)).toBeLessThan(bytesMax);
      expect(Buffer.byteLength(text)).toBeGreaterThan(bytesMax * 0.9);
      expectClean(read(text));
      const [, shown] = shownAndLeftOut(text);
      expect(shownAndLeftOut(text)).toEqual([50_000 - shown, shown]);
      // Those whose operations are called most are shown.
      expect(text).toContain('`Type49999.field`<br>');
      expect(text).not.toContain('`Type0.field`<br>');
    },
  );

  it('stays below its limit for findings of which each text is as long as can be', () => {
    const worst = [
      '|'.repeat(3000),
      '@'.repeat(3000),
      '\u001b'.repeat(3000),
      '\u{e0001}'.repeat(3000),
      '&'.repeat(3000),
      '\u5b57'.repeat(3000),
    ];
    for (const text of worst) {
      const one = hostileReport(text);
      const clients = Array.from({ length: 500 }, (_, index) => client(`${index}${text}`, text));
      const findings = Array.from({ length: 200 }, () => one.findings).flat();
      const operations = Array.from({ length: 50 }, () =>
        impact({ name: text, client: text, version: text }),
      );
      const huge = { ...one, clients, findings: findings.map((entry) => ({ ...entry, operations })) };
      const comment = render('markdown', huge);
      expect(Buffer.byteLength(comment)).toBeLessThan(65_000);
      expect(shownAndLeftOut(comment)[1]).toBeGreaterThan(0);
      expectClean(read(comment));
    }
  });

  function shownAndLeftOut(text: string): readonly [leftOut: number, shown: number] {
    const leftOut = /^\*\*([\d,]+) more findings?\*\* left out/m.exec(text)?.[1] ?? '0';
    return [
      Number(leftOut.replaceAll(',', '')),
      countOf(text, '| ❌ error |') + countOf(text, '| accepted |'),
    ];
  }
});

describe.each(formats)('in %s', (format) => {
  it.each(hostileTexts)('the text %j is but text', (hostile) => {
    expectClean(read(render(format, hostileReport(hostile))));
  });

  it('texts are what they were, when they are rendered', () => {
    const printable = hostileTexts.filter(
      (text) => text.length < 300 && !/\p{C}|\s\s|^\s|\s$|[^\P{Z} ]|##/u.test(text),
    );
    expect(printable.length).toBeGreaterThan(30);
    for (const text of printable.filter((entry) => entry !== '')) {
      const findings = [
        finding({ coordinate: text, message: `The message ${text}`, hint: null, location: null }),
      ];
      const cells = cellsOf(read(render(format, report({ findings }))));
      expect(cells).toContain(text);
      // Pairs of backticks are code.
      if (text.includes('`')) continue;
      expect(cells).toContain(`The message ${text}${/[.!?]$/.test(text) ? '' : '.'} (field-removed)`);
    }
  });

  it('arbitrary reports are clean', () => {
    fc.assert(
      fc.property(arbitraryReport, (arbitrary) => expectClean(read(render(format, arbitrary)))),
      { numRuns: 300 },
    );
  });
});

/** As a browser shows them, without what cannot be seen. */
function cellsOf({ tokens }: Document): readonly string[] {
  return tokens
    .filter((token, index) => token.type === 'inline' && tokens[index - 1]?.type === 'td_open')
    .map(({ children }) =>
      (children ?? [])
        .map(({ content }) => content)
        .join('')
        .replaceAll('\u200b', ''),
    );
}

it.each([
  ['a passed check', { verdict: 'passed', findings: [] }, '## ✅ Schema check passed: no findings'],
  [
    'a check without clients',
    { clients: [], stages: [], findings: [] },
    '## ❌ Schema check failed: no findings',
  ],
] as Array<[string, Partial<CheckReport>, string]>)('%s is short', (_, fields, line) => {
  const text = render('markdown', report(fields));
  expectClean(read(text));
  expect(text.split('\n')).toContain(line);
  expect(text.length).toBeLessThan(1500);
});

it.each([
  ['a mention', 'Hello @team'],
  ['raw HTML', 'a <b>bold</b> text'],
  ['a link', '[a](https://example.com)'],
  ['an address', 'see https://example.com'],
  ['a row with one more cell', '| a | b |\n| --- | --- |\n| 1 | 2 | 3 |'],
  ['an open fence', '```yaml\nfingerprint: a\nrule: b\nexpires: c'],
])('this test refuses %s', (_, text) => {
  expect(() => expectClean(read(text))).toThrow();
});
