/** What the documents refer to exists: pages, anchors, and files of the repository. */

import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

import { beforeAll, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');

let pages: ReadonlyMap<string, string>;

beforeAll(async () => {
  const names = await readdir(join(root, 'docs'), { recursive: true });
  const paths = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...names.map((name) => join('docs', name))];
  const markdown = paths.filter((path) => path.endsWith('.md')).map((path) => join(root, path));
  pages = new Map(
    await Promise.all(markdown.map(async (path) => [path, await readFile(path, 'utf8')] as const)),
  );
});

it('every relative link of the documents leads to a file, and every anchor to a heading', () => {
  const links = [...pages].flatMap(([page, text]) => linksOf(text).map((link) => ({ page, link })));
  expect(links.length).toBeGreaterThan(100);
  expect(links.filter(({ page, link }) => !isThere(page, link)).map(described)).toEqual([]);
});

it('every path of the repository that docs/ names in backticks exists', () => {
  const paths = [...pages].flatMap(([page, text]) => pathsOf(text).map((link) => ({ page, link })));
  expect(paths.length).toBeGreaterThan(5);
  expect(paths.filter(({ link }) => !existsSync(join(root, link))).map(described)).toEqual([]);
});

it('every page of docs/ can be reached from its index', () => {
  const index = join(root, 'docs/README.md');
  const linked = linksOf(pages.get(index) ?? '').map((link) => resolve(dirname(index), fileOf(link)));
  const reached = new Set([index, ...linked]);
  const inDocs = [...pages.keys()].filter((page) => page.startsWith(join(root, 'docs')));
  expect(inDocs.filter((page) => !reached.has(page) && !isMoved(page))).toEqual([]);
});

it('every error that a page says one may meet is one that the source has words of', async () => {
  const names = await readdir(join(root, 'src'), { recursive: true });
  const files = names.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const texts = await Promise.all(files.map((name) => readFile(join(root, 'src', name), 'utf8')));
  const source = texts.join('\n');
  const messages = [...pages].flatMap(([page, text]) => messagesOf(text).map((link) => ({ page, link })));
  expect(messages.length).toBeGreaterThan(40);
  const unknown = messages.filter(({ link }) => !source.includes(longest(wordsOf(link))));
  expect(unknown.filter(({ link }) => !foreign.test(link)).map(described)).toEqual([]);
});

/** Of Node, OpenSSL, GraphQL, composition and the module of an example, and those that the source puts together. */
const foreign =
  /ENOENT|MODULE_TYPELESS|routines::|Cannot query field|FIELD_TYPE_MISMATCH|the option "qualifier"|made by define|an interface or union/;

/** In backticks, in the first column under "If it fails". */
function messagesOf(text: string): string[] {
  const [, section = ''] = text.split('\n## If it fails\n');
  const cells = section.matchAll(/^\| +([^|]*)\|/gm);
  const spans = Array.from(cells, ([, cell = '']) =>
    Array.from(cell.matchAll(/`([^`]+)`/g), ([, span = '']) => span),
  );
  return spans.flat().filter((span) => wordsOf(span).length > 0);
}

/** What stands between values, three words or more. */
function wordsOf(message: string): string[] {
  const pieces = message.split(/"[^"]*"|\.\.\.|: |[(),[\]\d]|\S*[./]\S+/).map((piece) => piece.trim());
  return pieces.filter((piece) => piece.split(' ').length >= 3);
}

function longest(texts: readonly string[]): string {
  return texts.reduce((best, text) => (text.length > best.length ? text : best), '');
}

function isMoved(page: string): boolean {
  return (pages.get(page) ?? '').startsWith('# Moved\n');
}

function isThere(page: string, link: string): boolean {
  const [, anchor] = link.split('#');
  const target = link.startsWith('#') ? page : resolve(dirname(page), fileOf(link));
  if (anchor === undefined || !target.endsWith('.md')) return existsSync(target);
  return anchorsOf(pages.get(target) ?? '').has(anchor);
}

function fileOf(link: string): string {
  return link.replace(/#.*$/, '');
}

/** Of Markdown links, without those to other sites. */
function linksOf(text: string): string[] {
  const links = withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g);
  return Array.from(links, ([, link = '']) => link).filter((link) => !/^[a-z]+:/.test(link));
}

/** Not what is installed, nor paths with wildcards or placeholders. */
function pathsOf(text: string): string[] {
  const spans = withoutFences(text).matchAll(/`((?:src|schemas|test|bench|subgraphs-mock)\/[\w./-]+)`/g);
  return Array.from(spans, ([, path = '']) => path).filter((path) => !path.includes('node_modules'));
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = withoutFences(text).matchAll(/^#{1,6} (.+)$/gm);
  return new Set(
    Array.from(anchors, ([, heading = '']) => {
      const slug = heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-');
      const times = seen.get(slug) ?? 0;
      seen.set(slug, times + 1);
      return times === 0 ? slug : `${slug}-${times}`;
    }),
  );
}

function withoutFences(text: string): string {
  return text.replace(/^( *)(```+)[^]*?^\1\2$/gm, '');
}

function withoutCode(text: string): string {
  return withoutFences(text).replace(/`[^`\n]*`/g, '`');
}

function described({ page, link }: { readonly page: string; readonly link: string }): string {
  return `${relative(root, page)}: ${link}`;
}
