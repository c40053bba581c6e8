/** Where a supergraph's subgraphs are written down, as `wgc router compose` reads them. */

export function subgraphListOf(supergraph: string): string {
  return `${supergraph}.subgraphs.yaml`;
}
