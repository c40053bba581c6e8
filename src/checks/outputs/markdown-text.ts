/** Text of strangers within Markdown of GitHub and GitLab: shown as it is, never as markup, link or mention. */

import { visibleText } from './visible-text.ts';

/** Invisible, and no part of a word: what follows is neither a mention, a reference nor an address. */
const zeroWidthSpace = '\u200b';

/** `@team`, `#1`, `GH-1`, and of GitLab `!1`, `~label`, `%milestone`, `&1`, `^alert`; `$` begins a formula. Escapes do not end them. */
const reference = /(@(?=\w)|[#!&](?=\d)|[~%](?=[\w"])|\^(?=alert)|\bGH-(?=\d)|\$)/gi;

const entities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  // Readers differ about a backslash before the end of a table cell.
  ['\\', '&#92;'],
  ['|', '&#124;'],
  ['`', '&#96;'],
]);

/** Text within a paragraph or a table cell. It must not begin a line. */
export function prose(text: string, charsMax: number): string {
  return visibleText(text, charsMax)
    .replace(reference, `$1${zeroWidthSpace}`)
    .replace(/(?<=\w:)(?=\/\/)|(?<=\bwww)(?=\.)/gi, zeroWidthSpace)
    .replace(/[&<>\\|`]/g, (char) => entities.get(char) ?? '')
    .replace(/[*_[\]~]/g, (char) => `\\${char}`);
}

/** A name in a code span, which ends mentions and references too; as prose where a code span cannot hold it. */
export function code(text: string, charsMax: number): string {
  const visible = visibleText(text, charsMax);
  return /[`|\\]/.test(visible) || visible === '' ? prose(text, charsMax) : `\`${visible}\``;
}

/** Between single backticks, without spaces at its ends. */
const quotedCode = /(?<!`)`([^`\s](?:[^`]*[^`\s])?)`(?!`)/;

/** A sentence in which what is between backticks is code, as hints have it. It must not begin a line. */
export function sentenceWithCode(text: string, charsMax: number): string {
  return visibleText(text, charsMax)
    .split(quotedCode)
    .map((part, index) => (index % 2 === 1 ? code(part, charsMax) : spaced(part, charsMax)))
    .join('');
}

/** Spaces at the ends of a part separate it from its neighbours. */
function spaced(text: string, charsMax: number): string {
  const [, before = '', inner = '', after = ''] = /^( *)(.*?)( *)$/u.exec(text) ?? [];
  return `${before}${prose(inner, charsMax)}${after}`;
}

export interface Column {
  readonly title: string;
  readonly align?: 'right';
}

/** @returns The lines of a table's head. */
export function tableHead(columns: readonly Column[]): readonly string[] {
  return [
    tableRow(columns.map(({ title }) => title)),
    `| ${columns.map(({ align }) => (align === 'right' ? '--:' : '---')).join(' | ')} |`,
  ];
}

/** @param cells Markdown without a pipe or a line break. */
export function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** @param summary Text of ours: it is HTML. */
export function collapsed(summary: string, lines: readonly string[]): readonly string[] {
  return ['', `<details><summary>${summary}</summary>`, '', ...lines, '', '</details>'];
}

/** In bytes of UTF-8, which are never fewer than characters. Each line ends with a line break. */
export function sizeOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
}
