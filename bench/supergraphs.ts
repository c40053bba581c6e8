/** Composes the graphs of the benchmark into files. */

import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { compose, type SubgraphSchema } from '../src/preparation/composition/compose.ts';
import type { ServiceName } from './backstage/shop.ts';
import { generatedServices, type GeneratedService, type Model } from './graph/model.ts';
import { subgraphSdl } from './graph/sdl.ts';
import { subgraphListOf } from './peers/subgraph-list.ts';

type ShopUrls = Readonly<Partial<Record<ServiceName, string>>>;

/** @param more SDL to add to each subgraph. */
export async function writeShopGraph(
  path: string,
  urls: ShopUrls,
  more: (service: string) => string = () => '',
): Promise<void> {
  await writeGraph(path, await shopSchemas(urls, more));
}

/** @param shop Subgraphs of the shop that stand beside the generated ones. */
export async function writeGeneratedGraph(
  path: string,
  model: Model,
  {
    urls,
    shop = {},
  }: { readonly urls: Readonly<Record<GeneratedService, string>>; readonly shop?: ShopUrls },
): Promise<void> {
  const generated = generatedServices.map((name) => ({
    name,
    url: urls[name],
    sdl: subgraphSdl(model, name),
    file: `${name}.graphql`,
  }));
  await writeGraph(path, [...(await shopSchemas(shop)), ...generated]);
}

function shopSchemas(
  urls: ShopUrls,
  more: (service: string) => string = () => '',
): Promise<SubgraphSchema[]> {
  return Promise.all(
    Object.entries(urls).map(async ([name, url]) => {
      const file = fileURLToPath(new URL(`schemas/${name}.graphql`, import.meta.url));
      return { name, url, sdl: (await readFile(file, 'utf8')) + more(name), file };
    }),
  );
}

async function writeGraph(path: string, schemas: readonly SubgraphSchema[]): Promise<void> {
  // Whether all of it can be planned takes most of the time, and is so by how these schemas are made.
  const result = compose(schemas, { checksSatisfiability: false });
  if (!('supergraphSdl' in result)) throw new Error(result.errors.map(({ message }) => message).join('\n'));
  await writeFile(path, result.supergraphSdl);
  const subgraphs = schemas.map(({ name, url }) => ({
    name,
    routing_url: url,
    schema: { file: `${path}.${name}.graphql` },
  }));
  // JSON is YAML, too.
  await writeFile(subgraphListOf(path), JSON.stringify({ version: 1, subgraphs }));
  for (const { name, sdl } of schemas) await writeFile(`${path}.${name}.graphql`, sdl);
}
