/**
 * Checks graph.yaml beyond its shape: files and named sources exist, and each subgraph is reached in exactly one way.
 *
 * Works on the unchecked value, valid or not, so that these mistakes are reported together with those in its shape.
 */

import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';

import { checkRestMapping } from './rest-mapping-checks.ts';
import { didYouMean } from '../yaml/suggest.ts';
import type { Report } from '../yaml/file.ts';
import type { ConfigPath } from '../yaml/position.ts';
import { isRecord, own } from '../../shared/records.ts';

type Entry = Readonly<Record<string, unknown>>;

const sdlBytesMax = 4 * 1024 * 1024;

/** @param folder Absolute; file names in the graph are relative to it. */
export async function checkGraph(value: unknown, folder: string, report: Report): Promise<void> {
  const graph = entryOf(value);
  const sources = entryOf(graph['sources']);
  const subgraphs = Object.entries(entryOf(graph['subgraphs']));
  if (subgraphs.length === 0) report(['subgraphs'], 'expected at least one subgraph, got none', 'key');

  for (const [name, raw] of subgraphs) {
    const subgraph = entryOf(raw);
    const path = ['subgraphs', name];
    if (subgraph['kind'] === 'graphql') checkAddress(subgraph, path, report);
    const context = { path, folder, report };
    checkSourceNames(subgraph, Object.keys(sources), context);
    await checkTls(subgraph, context);
    await checkFile(subgraph['schema'], below(context, 'schema'));
    await checkFile(subgraph['resolvers'], below(context, 'resolvers'));
    if (subgraph['kind'] === 'local') await checkResolvers(subgraph, sources, context);
  }
  for (const [name, raw] of Object.entries(sources)) {
    const source = entryOf(raw);
    const context = { path: ['sources', name], folder, report };
    const { kind } = source;
    if (kind === 'rest' || kind === 'graphql' || kind === 'grpc') checkAddress(source, context.path, report);
    await checkFile(source['proto'], below(context, 'proto'));
    await checkFolders(source['includeDirs'], below(context, 'includeDirs'));
    await checkFile(source['module'], below(context, 'module'));
    await checkTls(source, context);
  }
}

function checkAddress(subgraph: Entry, path: ConfigPath, report: Report): void {
  const hasUrl = subgraph['url'] !== undefined;
  const hasUrls = subgraph['urls'] !== undefined;
  if (hasUrl && hasUrls) report([...path, 'urls'], 'expected either "url" or "urls", got both', 'key');
  if (!hasUrl && !hasUrls) report(path, 'expected "url" or "urls", got neither', 'key');
}

/** The entry that is checked, and where its mistakes are reported. */
interface CheckContext {
  readonly path: ConfigPath;
  readonly folder: string;
  readonly report: Report;
}

function below(context: CheckContext, ...segments: ConfigPath): CheckContext {
  return { ...context, path: [...context.path, ...segments] };
}

async function checkResolvers(
  subgraph: Entry,
  sources: Entry,
  { path, folder, report }: CheckContext,
): Promise<void> {
  const { resolvers, rest: mapping, schema, sources: sourceNames } = subgraph;
  if (resolvers === undefined && mapping === undefined) {
    report(path, 'expected "resolvers" or "rest", got neither', 'key');
  }
  if (mapping === undefined || typeof schema !== 'string') return;
  // A file that cannot be read is reported as such.
  const sdl = await readFile(resolve(folder, schema), 'utf8').catch(() => undefined);
  if (sdl === undefined) return;
  const names = (Array.isArray(sourceNames) ? sourceNames : []).filter((name) => typeof name === 'string');
  const kinds = new Map(names.map((name) => [name, entryOf(own(sources, name))['kind']] as const));
  checkRestMapping(
    { mapping, path: [...path, 'rest'], sdl, sources: kinds, hasResolvers: resolvers !== undefined },
    report,
  );
}

function checkSourceNames(
  subgraph: Entry,
  existing: readonly string[],
  { path, report }: CheckContext,
): void {
  const names: unknown = subgraph['sources'];
  if (!Array.isArray(names)) return;
  for (const [index, name] of names.entries()) {
    if (typeof name !== 'string' || existing.includes(name)) continue;
    const list =
      existing.length > 0 ? `one of ${existing.join(', ')}` : 'a name under "sources", which is empty';
    report(
      [...path, 'sources', index],
      `expected ${list}, got ${JSON.stringify(name)}${didYouMean(name, existing)}`,
    );
  }
}

async function checkTls(service: Entry, context: CheckContext): Promise<void> {
  const tls = entryOf(service['tls']);
  for (const key of ['ca', 'cert', 'key']) await checkFile(tls[key], below(context, 'tls', key));
}

async function checkFile(name: unknown, { path, folder, report }: CheckContext): Promise<void> {
  // A value that is not a file name is reported by the schema.
  if (typeof name !== 'string' || name === '') return;
  const quoted = JSON.stringify(name);
  try {
    const stats = await stat(resolve(folder, name));
    if (!stats.isFile()) report(path, `expected a file, got ${quoted}, which is not one`);
    else if (stats.size > sdlBytesMax)
      report(path, `expected at most ${sdlBytesMax} bytes, got ${stats.size}`);
  } catch {
    report(path, `expected a file, got ${quoted}, which does not exist`);
  }
}

async function checkFolders(names: unknown, { path, folder, report }: CheckContext): Promise<void> {
  for (const [index, name] of (Array.isArray(names) ? names : []).entries()) {
    if (typeof name !== 'string' || name === '') continue;
    const stats = await stat(resolve(folder, name)).catch(() => undefined);
    const quoted = JSON.stringify(name);
    if (!stats) report([...path, index], `expected a folder, got ${quoted}, which does not exist`);
    else if (!stats.isDirectory())
      report([...path, index], `expected a folder, got ${quoted}, which is none`);
  }
}

function entryOf(value: unknown): Entry {
  return isRecord(value) ? value : {};
}
