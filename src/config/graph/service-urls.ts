/** Has subgraphs of graph.yaml called at other addresses, before the file is checked: their own may be in unset variables. */

import { isMap, type Document } from 'yaml';

/** What only subgraphs have that run in the gateway, and what belongs to the other address. */
const droppedKeys = ['urls', 'resolvers', 'rest', 'sources', 'tls'] as const;

/**
 * Changes the document in place. A subgraph that runs in the gateway becomes a remote one.
 *
 * @param urls By the name of a subgraph. Names that are not in the document have no effect.
 */
export function withServiceUrls(document: Document, urls: ReadonlyMap<string, string>): void {
  for (const [name, url] of urls) {
    const subgraph = document.getIn(['subgraphs', name]);
    if (!isMap(subgraph)) continue;
    for (const key of droppedKeys) subgraph.delete(key);
    subgraph.set('kind', 'graphql');
    subgraph.set('url', url);
  }
}
