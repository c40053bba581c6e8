/** The subgraphs that a supergraph was composed from, as far as it says. */

import { Supergraph } from '@apollo/federation-internals';

import { errorText } from '../../shared/error-text.ts';
import { GatewayError } from '../../shared/errors.ts';

export interface SubgraphSdl {
  readonly name: string;
  readonly sdl: string;
}

/** @throws {GatewayError} `SUPERGRAPH_INVALID`. */
export function subgraphSchemasOf(supergraphSdl: string): readonly SubgraphSdl[] {
  try {
    const subgraphs = Supergraph.build(supergraphSdl, { supportedFeatures: null }).subgraphs();
    return [...subgraphs].map((subgraph) => ({ name: subgraph.name, sdl: subgraph.toString() }));
  } catch (cause) {
    throw new GatewayError('SUPERGRAPH_INVALID', errorText(cause), { cause });
  }
}
