/** Prepares a parsed YAML document: expands environment variables in its strings and finds duplicate keys. */

import { type Document, type LineCounter, type Scalar, isMap, isNode, isScalar, isSeq } from 'yaml';

import { numberOf } from '../../shared/exact-number.ts';
import { type Environment, type UnsetVariables, expandEnvironment } from './environment.ts';
import type { Mistake } from './schema-issue.ts';
import { type ConfigPath, keyText, pathText, positionAt } from './position.ts';

interface Preparation {
  readonly environment: Environment;
  readonly unsetVariables: UnsetVariables;
  /** Mistakes are added here. */
  readonly mistakes: Mistake[];
}

/** What became of the scalars with variables, by path. */
export interface ExpandedScalars {
  /** How messages describe them. */
  readonly descriptions: ReadonlyMap<string, string>;
  /** The text of those that became a number or a boolean: where a string is expected, it is that. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Changes the document in place. */
export function prepareScalars(
  document: Document,
  lines: LineCounter,
  preparation: Preparation,
): ExpandedScalars {
  const descriptions = new Map<string, string>();
  const texts = new Map<string, string>();
  const walk = (node: unknown, path: ConfigPath): void => {
    if (isMap(node)) {
      preparation.mistakes.push(...duplicateKeys(node.items, lines, path));
      for (const item of node.items) {
        const name = keyText(item.key) ?? '?';
        // Otherwise it would be ignored without a message when the value is read.
        if (name === '__proto__')
          preparation.mistakes.push({
            path: [...path, name],
            at: 'key',
            message: 'this name is not allowed',
          });
        walk(item.value, [...path, name]);
      }
    } else if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) walk(item, [...path, index]);
    } else if (isScalar(node) && typeof node.value === 'number' && isRounded(node.source)) {
      const message =
        'this number has too many digits to be represented exactly: write it as a string, in quotes';
      preparation.mistakes.push({ path, at: 'value', message });
    } else if (isScalar(node) && typeof node.value === 'string' && node.value.includes('${')) {
      // The text in the file, not the variable's value, which may be a secret.
      descriptions.set(pathText(path), `the value of "${node.value}"`);
      const text = expandScalar(node as Scalar<string>, path, preparation);
      if (typeof node.value !== 'string') texts.set(pathText(path), text);
    }
  };
  walk(document.contents, []);
  return { descriptions, texts };
}

function duplicateKeys(
  items: ReadonlyArray<{ readonly key: unknown }>,
  lines: LineCounter,
  path: ConfigPath,
): Mistake[] {
  const firstLine = new Map<string, number>();
  const mistakes: Mistake[] = [];
  for (const { key } of items) {
    const name = keyText(key) ?? '?';
    const offset = isNode(key) ? (key.range?.[0] ?? 0) : 0;
    const first = firstLine.get(name);
    if (first === undefined) firstLine.set(name, positionAt(lines, offset).line);
    else {
      const message = `duplicate key, first on line ${first}`;
      mistakes.push({ path: [...path, name], at: 'key', offset, message });
    }
  }
  return mistakes;
}

/** @returns Its text. */
function expandScalar(node: Scalar<string>, path: ConfigPath, preparation: Preparation): string {
  const { environment, unsetVariables, mistakes } = preparation;
  const { text, problems } = expandEnvironment(node.value, environment, unsetVariables);
  for (const message of problems) mistakes.push({ path, at: 'value', message });
  // `port: ${PORT}` is a number as `port: 4000` is; `port: "${PORT}"` stays a string.
  (node as Scalar).value = node.type === 'PLAIN' ? plainValue(text) : text;
  return text;
}

/** Whether the number would be rounded. */
function isRounded(text = ''): boolean {
  return /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(text) && typeof numberOf(text, 'value') !== 'number';
}

function plainValue(text: string): string | number | boolean {
  if (/^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) && !isRounded(text)) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  return text;
}
