/** The schemas of clients: each is made when its first operation comes, and dropped when it is unused for long. */

import { parse, type GraphQLSchema } from 'graphql';
import { LRUCache } from 'lru-cache';

import type { Contract } from '../../pipeline/contract.ts';
import type { LoadedSupergraph } from '../supergraph/supergraph.ts';
import { checkedContract, openContract, type TaggedGraph } from './contract.ts';
import { readTags, type Tags } from './tags.ts';

export interface ClientSchemaLimits {
  readonly max: number;
  readonly idleMs: number;
}

const defaultLimits: ClientSchemaLimits = { max: 20, idleMs: 600_000 };

/** An invalid contract is remembered too: finding that out takes as long as a schema. */
type Entry = { readonly schema: GraphQLSchema } | { readonly error: unknown };

export class ClientSchemas {
  readonly #supergraph: LoadedSupergraph;
  readonly #entries: LRUCache<string, Entry>;
  #tags: Tags | undefined;

  constructor(supergraph: LoadedSupergraph, { max, idleMs }: ClientSchemaLimits = defaultLimits) {
    this.#supergraph = supergraph;
    this.#entries = new LRUCache({ max, ttl: idleMs, updateAgeOnGet: true, ttlAutopurge: true });
  }

  /** @throws {GatewayError} `CONTRACT_INVALID` with every reason, one a line. */
  schemaFor(contract: Contract): GraphQLSchema {
    let entry = this.#entries.get(contract.id);
    if (!entry) this.#entries.set(contract.id, (entry = this.#make(contract)));
    if ('error' in entry) throw entry.error;
    return entry.schema;
  }

  /** Keeps no schema: the client may never come. Throws what `schemaFor` throws. */
  check(contract: Contract): void {
    const entry = this.#entries.peek(contract.id);
    if (!entry) checkedContract(this.#graph(), contract);
    else if ('error' in entry) throw entry.error;
  }

  #graph(): TaggedGraph {
    const { schema, sdl } = this.#supergraph;
    this.#tags ??= readTags(parse(sdl));
    return { schema, tags: this.#tags };
  }

  #make(contract: Contract): Entry {
    try {
      return { schema: openContract(this.#graph(), contract).schema };
    } catch (error) {
      return { error };
    }
  }
}
