/** Composes the graphs of the benchmark. */

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { compose, type SubgraphSchema } from '../src/preparation/composition/compose.ts';
import type { ServiceName } from './backstage/shop.ts';
import { generatedServices, type GeneratedService, type Model } from './graph/model.ts';
import { subgraphSdl } from './graph/sdl.ts';

/** @param more SDL to add to each subgraph. */
export async function supergraphOf(
  urls: Readonly<Partial<Record<ServiceName, string>>>,
  more: (service: string) => string = () => '',
): Promise<string> {
  return composed(await shopSchemas(urls, more));
}

/** @param shop Subgraphs of the shop that stand beside the generated ones. */
export async function generatedSupergraph(
  model: Model,
  urls: Readonly<Record<GeneratedService, string>>,
  shop: Readonly<Partial<Record<ServiceName, string>>> = {},
): Promise<string> {
  const generated = generatedServices.map((name) => ({
    name,
    url: urls[name],
    sdl: subgraphSdl(model, name),
    file: `${name}.graphql`,
  }));
  return composed([...(await shopSchemas(shop)), ...generated]);
}

function shopSchemas(
  urls: Readonly<Partial<Record<ServiceName, string>>>,
  more: (service: string) => string = () => '',
): Promise<SubgraphSchema[]> {
  return Promise.all(
    Object.entries(urls).map(async ([name, url]) => {
      const file = fileURLToPath(new URL(`schemas/${name}.graphql`, import.meta.url));
      return { name, url, sdl: (await readFile(file, 'utf8')) + more(name), file };
    }),
  );
}

function composed(schemas: readonly SubgraphSchema[]): string {
  // Whether all of it can be planned takes most of the time, and is so by how these schemas are made.
  const result = compose(schemas, { checksSatisfiability: false });
  if ('supergraphSdl' in result) return result.supergraphSdl;
  throw new Error(result.errors.map(({ message }) => message).join('\n'));
}
