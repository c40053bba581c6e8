/**
 * Names, descriptions and tags come from schemas, which may be those of a stranger's pull request: what a terminal, a log
 * or a reader would interpret rather than show is replaced by a visible escape.
 */

/** Controls, bidirectional and other format characters, lone surrogates, private and no use; separators of lines. */
const invisible = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** Commands of CI systems that may begin anywhere in a line of a log, such as `##[set-env]` and `##vso[task]`. */
const logCommand = /##(?=[a-z]*\[)/gi;

/**
 * One line of text that is safe to print: white space is collapsed, invisible characters become `\u{1b}`.
 *
 * @returns At most `charsMax` characters, with `...` at the end of what was truncated.
 */
export function visibleText(text: string, charsMax: number): string {
  const visible = cut(text, charsMax * 2)
    .replace(/\s+/g, ' ')
    .trim()
    .replace(invisible, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`)
    .replace(logCommand, '# #');
  return cut(visible, charsMax);
}

function cut(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const head = text.slice(0, charsMax - 3);
  return `${/[\ud800-\udbff]$/.test(head) ? head.slice(0, -1) : head}...`;
}

/**
 * JSON without invisible characters: `JSON.stringify` leaves DEL, C1 controls and bidirectional marks as they are. The
 * value stays the same. It is also a double-quoted scalar of YAML.
 */
export function visibleJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent)
    .replace(/[^\n\P{C}]|[\p{Zl}\p{Zp}]/gu, (char) => char.split('').map(unicodeEscape).join(''))
    .replace(logCommand, `${unicodeEscape('#')}#`);
}

function unicodeEscape(codeUnit: string): string {
  return `\\u${codeUnit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
