/** A supergraph in which every field is in every subgraph, so that a small operation takes long to plan. */

import type { SubgraphSchema } from '../../src/preparation/composition/compose.ts';

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable"])';

/** 12 subgraphs: about 100 ms of planning for each alias of `slowOperation`. */
export function slowGraph(subgraphs = 12): SubgraphSchema[] {
  return Array.from({ length: subgraphs }, (_, i) => ({
    name: `s${i}`,
    url: `http://127.0.0.1:1/s${i}`,
    file: `s${i}.graphql`,
    sdl: `${link}
      type Query { t: T @shareable quick${i}: Int }
      type T @key(fields: "id") { id: ID! t: T @shareable u: T @shareable f: Int @shareable own${i}: Int }`,
  }));
}

/** `seed` makes each one another operation. */
export function slowOperation(aliases: number, seed: string, subgraphs = 12): string {
  const own = Array.from({ length: subgraphs }, (_, i) => `own${i}`).join(' ');
  let selection = `f ${own}`;
  for (let depth = 0; depth < 6; depth += 1) selection = `t { ${selection} } u { f own0 own1 }`;
  const roots = Array.from({ length: aliases }, (_, i) => `${seed}${i}: t { ${selection} }`);
  return `{ ${roots.join(' ')} }`;
}
