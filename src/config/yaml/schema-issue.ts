/** Words a zod issue for the author of a file: what was expected, what was found, and a suggestion. */

import type { z } from 'zod';

import { childOf, knownKeys } from './schema-keys.ts';
import { didYouMean } from './suggest.ts';
import type { ConfigPath } from './position.ts';

export interface Mistake {
  readonly path: ConfigPath;
  /** Whether the key or the value at `path` is wrong. */
  readonly at: 'key' | 'value';
  /** Its position in the file, if the path alone is ambiguous. */
  readonly offset?: number;
  readonly message: string;
}

export interface IssueScope {
  readonly schema: z.core.$ZodType;
  /** The whole value that was checked. */
  readonly value: unknown;
  /** Describes a wrong value without revealing secrets from the environment. */
  readonly show: (path: ConfigPath, value: unknown) => string;
}

/** One zod issue may be several mistakes: each unknown key is one. */
export function mistakesOf(issue: z.core.$ZodIssue, scope: IssueScope): Mistake[] {
  const path = issue.path.map((segment) => (typeof segment === 'symbol' ? String(segment) : segment));
  if (issue.code === 'unrecognized_keys') {
    const allowedKeys = knownKeys(scope.schema, scope.value, path);
    return issue.keys.map((key, index) => ({
      path: [...path, key],
      at: 'key',
      message: index < hintsMax ? unknownKey(key, allowedKeys) : 'unknown key',
    }));
  }
  if (issue.code === 'invalid_key') {
    const reason = issue.issues[0]?.message ?? issue.message;
    return [{ path, at: 'key', message: reason }];
  }
  const value = path.reduce<unknown>(childOf, scope.value);
  const shown = value === undefined || value === null ? 'nothing' : scope.show(path, value);
  return [{ path, at: 'value', message: messageOf(issue, value, shown) }];
}

/** Finding the key that was meant takes time, and a file with more of them was meant for something else. */
const hintsMax = 100;

function unknownKey(key: string, known: readonly string[]): string {
  const hint = didYouMean(key, known);
  if (hint !== '' || known.length === 0) return `unknown key${hint}`;
  return `unknown key (known: ${known.join(', ')})`;
}

function messageOf(issue: z.core.$ZodIssue, value: unknown, shown: string): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${typeName(issue.expected)}, got ${shown}`;
    case 'invalid_value':
      return oneOf(issue.values, value, shown);
    case 'invalid_union':
      if ('options' in issue && issue.options) return oneOf(issue.options, value, shown);
      return `expected ${expectations(issue.errors)}, got ${shown}`;
    case 'too_small':
      return `expected ${sized(issue.origin, 'at least', issue.minimum)}, got ${shown}`;
    case 'too_big':
      return `expected ${sized(issue.origin, 'at most', issue.maximum)}, got ${shown}`;
    case 'custom':
    case 'invalid_format':
      return `${issue.message}, got ${shown}`;
    default:
      return issue.message;
  }
}

function oneOf(values: readonly unknown[], value: unknown, shown: string): string {
  const hint = typeof value === 'string' ? didYouMean(value, values.map(String)) : '';
  return `expected ${alternatives(values)}, got ${shown}${hint}`;
}

function alternatives(values: readonly unknown[]): string {
  const names = values.map((value) => JSON.stringify(value) ?? String(value));
  const last = names.at(-1) ?? 'nothing';
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} or ${last}` : last;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

function typeName(expected: string): string {
  return typeNames[expected] ?? expected;
}

/** What each member of a union without a discriminator expects. */
function expectations(errors: readonly (readonly z.core.$ZodIssue[])[]): string {
  const expected = errors.map((issues) => {
    const first = issues[0];
    if (first?.code === 'invalid_type') return typeName(first.expected);
    if (first?.code === 'invalid_value') return alternatives(first.values);
    return first?.message ?? 'something else';
  });
  return [...new Set(expected)].join(' or ');
}

const units: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' };

function sized(origin: string, bound: string, limit: number | bigint): string {
  return `${bound} ${limit}${units[origin] ?? ''}`;
}
