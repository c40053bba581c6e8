/**
 * What graph.yaml must fulfil beyond its shape: files exist, named sources exist, one way to reach a subgraph.
 *
 * Works on the value as it was read, valid or not, so that these mistakes are reported together with those of shape.
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
    const place = { path, folder, report };
    checkSourceNames(subgraph, Object.keys(sources), place);
    await checkTls(subgraph, place);
    await checkFile(subgraph['schema'], below(place, 'schema'));
    await checkFile(subgraph['resolvers'], below(place, 'resolvers'));
    if (subgraph['kind'] === 'local') await checkResolvers(subgraph, sources, place);
  }
  for (const [name, raw] of Object.entries(sources)) {
    const source = entryOf(raw);
    const place = { path: ['sources', name], folder, report };
    const { kind } = source;
    if (kind === 'rest' || kind === 'graphql' || kind === 'grpc') checkAddress(source, place.path, report);
    await checkFile(source['proto'], below(place, 'proto'));
    await checkFolders(source['includeDirs'], below(place, 'includeDirs'));
    await checkFile(source['module'], below(place, 'module'));
    await checkTls(source, place);
  }
}

function checkAddress(subgraph: Entry, path: ConfigPath, report: Report): void {
  const hasUrl = subgraph['url'] !== undefined;
  const hasUrls = subgraph['urls'] !== undefined;
  if (hasUrl && hasUrls) report([...path, 'urls'], 'expected either "url" or "urls", got both', 'key');
  if (!hasUrl && !hasUrls) report(path, 'expected "url" or "urls", got neither', 'key');
}

/** Of what is checked. */
interface Place {
  readonly path: ConfigPath;
  readonly folder: string;
  readonly report: Report;
}

function below(place: Place, ...segments: ConfigPath): Place {
  return { ...place, path: [...place.path, ...segments] };
}

async function checkResolvers(
  subgraph: Entry,
  sources: Entry,
  { path, folder, report }: Place,
): Promise<void> {
  const { resolvers, rest: mapping, schema, sources: given } = subgraph;
  if (resolvers === undefined && mapping === undefined) {
    report(path, 'expected "resolvers" or "rest", got neither', 'key');
  }
  if (mapping === undefined || typeof schema !== 'string') return;
  // A file that cannot be read is reported as such.
  const sdl = await readFile(resolve(folder, schema), 'utf8').catch(() => undefined);
  if (sdl === undefined) return;
  const names = (Array.isArray(given) ? given : []).filter((name) => typeof name === 'string');
  const kinds = new Map(names.map((name) => [name, entryOf(own(sources, name))['kind']] as const));
  checkRestMapping(
    { mapping, path: [...path, 'rest'], sdl, sources: kinds, hasResolvers: resolvers !== undefined },
    report,
  );
}

function checkSourceNames(subgraph: Entry, known: readonly string[], { path, report }: Place): void {
  const names: unknown = subgraph['sources'];
  if (!Array.isArray(names)) return;
  for (const [index, name] of names.entries()) {
    if (typeof name !== 'string' || known.includes(name)) continue;
    const list = known.length > 0 ? `one of ${known.join(', ')}` : 'a name under "sources", which is empty';
    report(
      [...path, 'sources', index],
      `expected ${list}, got ${JSON.stringify(name)}${didYouMean(name, known)}`,
    );
  }
}

async function checkTls(service: Entry, place: Place): Promise<void> {
  const tls = entryOf(service['tls']);
  for (const key of ['ca', 'cert', 'key']) await checkFile(tls[key], below(place, 'tls', key));
}

async function checkFile(name: unknown, { path, folder, report }: Place): Promise<void> {
  // What is no file name is a mistake of shape, reported by the schema.
  if (typeof name !== 'string' || name === '') return;
  const shown = JSON.stringify(name);
  try {
    const found = await stat(resolve(folder, name));
    if (!found.isFile()) report(path, `expected a file, got ${shown}, which is not one`);
    else if (found.size > sdlBytesMax)
      report(path, `expected at most ${sdlBytesMax} bytes, got ${found.size}`);
  } catch {
    report(path, `expected a file, got ${shown}, which does not exist`);
  }
}

async function checkFolders(names: unknown, { path, folder, report }: Place): Promise<void> {
  for (const [index, name] of (Array.isArray(names) ? names : []).entries()) {
    if (typeof name !== 'string' || name === '') continue;
    const found = await stat(resolve(folder, name)).catch(() => undefined);
    const shown = JSON.stringify(name);
    if (!found) report([...path, index], `expected a folder, got ${shown}, which does not exist`);
    else if (!found.isDirectory()) report([...path, index], `expected a folder, got ${shown}, which is none`);
  }
}

function entryOf(value: unknown): Entry {
  return isRecord(value) ? value : {};
}
