/**
 * Reads one YAML configuration file against a zod schema and reports every mistake in it at once, each with file,
 * line, column and what was expected. Variables of the environment are expanded first (`environment.ts`).
 *
 * The meaning of each file is in a module of its own, such as `../graph/file.ts`.
 */

import { createReadStream } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type Document, LineCounter, type YAMLError, parseDocument } from 'yaml';
import type { z } from 'zod';

import { errorText } from '../../shared/error-text.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Environment, UnsetVariables } from './environment.ts';
import { type Mistake, mistakesOf } from './schema-issue.ts';
import { prepareScalars } from './expand.ts';
import { childOf } from './schema-keys.ts';
import { withAbsolutePaths } from './file-path.ts';
import {
  type ConfigPath,
  type Position,
  type YamlText,
  pathText,
  positionAt,
  positionOf,
} from './position.ts';

/** Collects a mistake found by a check; `path` need not exist. */
export type Report = (path: ConfigPath, message: string, at?: 'key' | 'value') => void;

export interface YamlFileOptions {
  /** Default `process.env`. */
  readonly environment?: Environment;
  /** Default `refused`. */
  readonly unsetVariables?: UnsetVariables;
  /** The file's name in messages. Default: its path relative to the working directory when it is below it. */
  readonly displayName?: string;
  /** Base of the relative paths in the file. Default: paths stay as they are written. */
  readonly folder?: string;
  /** More is not read. Default: 1 MiB. */
  readonly bytesMax?: number;
  /** Changes the document before variables are expanded. Default: it stays as it is written. */
  readonly edit?: (document: Document) => void;
  /**
   * Checks a schema cannot express, such as names that must exist elsewhere. Gets the expanded but possibly invalid
   * value, so that its mistakes are reported together with the schema's.
   */
  readonly check?: (value: unknown, report: Report) => void | Promise<void>;
}

const defaultBytesMax = 1024 * 1024;
const mistakesMax = 100;

/** @throws {GatewayError} `CONFIG_INVALID`, one line a mistake: `schemas/graph.yaml:12:5 subgraphs.users: expected ...`. */
export async function readYamlFile<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  options: YamlFileOptions = {},
): Promise<z.output<Schema>> {
  const name = options.displayName ?? displayName(path);
  return checkYaml(await readText(path, name, options.bytesMax), schema, { ...options, displayName: name });
}

/** The same for a given text. */
export async function checkYaml<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  options: YamlFileOptions & { readonly displayName: string },
): Promise<z.output<Schema>> {
  const { displayName: name, folder } = options;
  const lines = new LineCounter();
  // Duplicate keys are found below, where the path of the key is known.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  if (document.errors.length > 0) {
    const { errors } = document;
    throw invalid(syntaxLines(errors.slice(0, mistakesMax), name, lines), errors.length - mistakesMax);
  }

  options.edit?.(document);
  const mistakes: Mistake[] = [];
  const expanded = prepareScalars(document, lines, {
    environment: options.environment ?? process.env,
    unsetVariables: options.unsetVariables ?? 'refused',
    mistakes,
  });
  const value = toValue(document, mistakes);
  // What the schema says about a value that could not be read, such as that of an unset variable, explains nothing.
  const unreadable = new Set(mistakes.filter(isOfValue).map(({ path }) => pathText(path)));
  const add = (mistake: Mistake): void => {
    if (!isOfValue(mistake) || !unreadable.has(pathText(mistake.path))) mistakes.push(mistake);
  };
  const show = (at: ConfigPath, wrong: unknown) => expanded.descriptions.get(pathText(at)) ?? quoted(wrong);
  const result = withTexts(schema, value ?? {}, expanded.texts);
  for (const issue of result.error?.issues ?? [])
    for (const mistake of mistakesOf(issue, { schema, value, show })) add(mistake);
  await options.check?.(value, (at, message, part = 'value') => add({ path: at, at: part, message }));
  if (mistakes.length > 0 || !result.success) {
    // Finding the place of one takes time in proportion to the file.
    const shown = linesOf(mistakes.slice(0, mistakesMax), name, { document, lines });
    throw invalid(shown, mistakes.length - mistakesMax);
  }
  return folder === undefined ? result.data : withAbsolutePaths(schema, result.data, folder);
}

/** A secret of digits is a string where the schema has one: `password: ${PASSWORD}`. Changes `value`. */
function withTexts<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  texts: ReadonlyMap<string, string>,
): z.ZodSafeParseResult<z.output<Schema>> {
  const result = schema.safeParse(value);
  let hasChanged = false;
  for (const path of (result.error?.issues ?? []).flatMap((issue) => [...stringPaths(issue)])) {
    const text = texts.get(pathText(path));
    const last = path.at(-1);
    const parent = path.slice(0, -1).reduce<unknown>(childOf, value);
    if (text === undefined || last === undefined || typeof parent !== 'object' || parent === null) continue;
    Object.defineProperty(parent, last, {
      value: text,
      enumerable: true,
      writable: true,
      configurable: true,
    });
    hasChanged = true;
  }
  return hasChanged ? schema.safeParse(value) : result;
}

/** Where a string was expected, in any member of a union. */
function* stringPaths(issue: z.core.$ZodIssue): Generator<ConfigPath> {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code === 'invalid_type' && issue.expected === 'string') yield path;
  if (issue.code !== 'invalid_union') return;
  for (const inner of issue.errors.flat()) for (const below of stringPaths(inner)) yield [...path, ...below];
}

/** The path relative to the working directory, if it is below it. */
export function displayName(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere !== '' && !fromHere.startsWith('..') && !isAbsolute(fromHere) ? fromHere : path;
}

async function readText(path: string, name: string, bytesMax = defaultBytesMax): Promise<string> {
  let bytes: Buffer;
  try {
    // One byte more shows that there is more; a device may have no end.
    bytes = await buffer(createReadStream(path, { end: bytesMax }));
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    const reason = code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`;
    throw new GatewayError('CONFIG_INVALID', `${name}: ${reason}`, { cause });
  }
  if (bytes.length > bytesMax) throw invalid([`${name}: is larger than ${bytesMax} bytes`]);
  return bytes.toString('utf8');
}

function isOfValue({ at }: Mistake): boolean {
  return at === 'value';
}

function toValue(document: Document, mistakes: Mistake[]): unknown {
  try {
    return document.toJS() as unknown;
  } catch (error) {
    // The yaml package refuses documents with exponentially expanding aliases.
    mistakes.push({ path: [], at: 'value', message: errorText(error) });
    return undefined;
  }
}

function quoted(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a map';
  // Messages are logged, so passwords in URLs are removed.
  const text = (JSON.stringify(value) ?? 'nothing').replace(/\/\/[^/@\s]*@/g, '//***@');
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function syntaxLines(errors: readonly YAMLError[], name: string, lines: LineCounter): string[] {
  return errors.map((error) => {
    const { line, column } = positionAt(lines, error.pos[0]);
    return `${name}:${line}:${column} ${error.message}`;
  });
}

function linesOf(mistakes: Mistake[], name: string, yaml: YamlText): string[] {
  const placed = mistakes.map((mistake) => ({
    ...mistake,
    ...placeOf(mistake, yaml),
  }));
  placed.sort((a, b) => a.line - b.line || a.column - b.column);
  const texts = placed.map(({ line, column, path, message }) => {
    const where = pathText(path);
    return `${name}:${line}:${column} ${where === '' ? '' : `${where}: `}${message}`;
  });
  return [...new Set(texts)];
}

function placeOf(mistake: Mistake, yaml: YamlText): Position {
  if (mistake.offset !== undefined) return positionAt(yaml.lines, mistake.offset);
  return positionOf(yaml, mistake.path, mistake.at);
}

/** @param more Number of mistakes that are not among the texts, if any. */
function invalid(texts: readonly string[], more = 0): GatewayError {
  return new GatewayError('CONFIG_INVALID', [...texts, ...(more > 0 ? [`and ${more} more`] : [])].join('\n'));
}
