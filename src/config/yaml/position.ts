/** Finds the line and column of every path in a YAML document. Pure. */

import { type Document, type LineCounter, isAlias, isMap, isNode, isScalar, isSeq } from 'yaml';

export type ConfigPath = ReadonlyArray<string | number>;

/** A document with the line starts of its text. */
export interface YamlText {
  readonly document: Document;
  readonly lines: LineCounter;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** `subgraphs.users.sources[0]`; the file itself is the empty text. */
export function pathText(path: ConfigPath): string {
  let text = '';
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`;
    else text += text === '' ? segment : `.${segment}`;
  }
  return text;
}

/**
 * The position of the value at `path`, of its key when `at` is `key`, and of the nearest parent that exists when the
 * path does not.
 */
export function positionOf({ document, lines }: YamlText, path: ConfigPath, at: 'key' | 'value'): Position {
  let node: unknown = document.contents;
  let best = offsetOf(node) ?? 0;
  for (const [index, segment] of path.entries()) {
    const step = stepInto(resolved(node, document), segment);
    if (!step) break;
    const isLast = index === path.length - 1;
    // An empty value (`url:`) and a missing child are reported at their key.
    const valueAt = isLast && at === 'value' ? offsetOf(step.value) : undefined;
    best = valueAt ?? offsetOf(step.key) ?? offsetOf(step.value) ?? best;
    node = step.value;
  }
  return positionAt(lines, best);
}

export function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function stepInto(node: unknown, segment: string | number): { key: unknown; value: unknown } | undefined {
  if (isMap(node)) {
    // The last of duplicate keys counts.
    return node.items.findLast((item) => keyText(item.key) === String(segment));
  }
  if (isSeq(node) && typeof segment === 'number' && segment < node.items.length) {
    return { key: node.items[segment], value: node.items[segment] };
  }
  return undefined;
}

/** The text of a map's key; keys that are not scalars have none. */
export function keyText(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value) : undefined;
}

function resolved(node: unknown, document: Document): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function offsetOf(node: unknown): number | undefined {
  if (!isNode(node) || !node.range) return undefined;
  const [start, end] = node.range;
  // An empty value has no position of its own.
  return start === end && isScalar(node) ? undefined : start;
}
