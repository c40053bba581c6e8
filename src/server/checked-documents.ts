/**
 * Hands Apollo Server what a planner worker has found out about documents, so that it validates none on this thread: a
 * document that is valid stands in its store of documents, and one that is not gets the worker's errors.
 *
 * What Apollo Server still does by itself is parse, which takes no longer than the limits of a document allow.
 */

import { createHash } from 'node:crypto';

import type { ApolloServerPlugin } from '@apollo/server';
import {
  GraphQLError,
  Kind,
  Location,
  parse,
  Source,
  Token,
  TokenKind,
  type DocumentNode,
  type NameNode,
  type ValidationRule,
} from 'graphql';
import { LRUCache } from 'lru-cache';

import type { GatewayError, RequestError } from '../shared/errors.ts';

interface Held {
  readonly document: DocumentNode;
  /** Requests that Apollo Server answers now. */
  holders: number;
}

/** A parsed document takes about this many times its text. */
const memoryPerByte = 60;
const keptBytesMax = 33_554_432;
/** Apollo Server adds a prefix to the hash of the document, in hex. */
const hashLength = 64;

export class CheckedDocuments {
  readonly #held = new Map<string, Held>();
  readonly #kept = new LRUCache<string, DocumentNode>({ maxSize: keptBytesMax });

  /** For Apollo Server: it asks before it parses and validates. */
  readonly store = {
    get: (key: string) => Promise.resolve(this.#held.get(key.slice(-hashLength))?.document),
    // Only valid documents get in, by `hold`.
    set: () => Promise.resolve(),
    delete: () => Promise.resolve(),
  };

  /** While `work` runs the store has this document, which must be valid. */
  async hold<Result>(query: string, work: () => Promise<Result>): Promise<Result> {
    const hash = createHash('sha256').update(query).digest('hex');
    const held = this.#held.get(hash) ?? { document: this.#parsed(hash, query), holders: 0 };
    held.holders += 1;
    this.#held.set(hash, held);
    try {
      return await work();
    } finally {
      held.holders -= 1;
      if (held.holders === 0) this.#held.delete(hash);
    }
  }

  #parsed(hash: string, query: string): DocumentNode {
    const kept = this.#kept.get(hash);
    if (kept) return kept;
    const document = parse(query);
    this.#kept.set(hash, document, { size: (1 + query.length) * memoryPerByte });
    return document;
  }
}

interface Refusal {
  readonly errors: readonly RequestError[];
  readonly query: string;
}

/** By the document that stands in for the refused one. */
const refusals = new WeakMap<DocumentNode, Refusal>();

/** Has Apollo Server validate an empty document instead of one that the worker has refused. */
export function refusalPlugin<
  Carried extends { readonly refused: GatewayError | undefined },
>(): ApolloServerPlugin<Carried> {
  return {
    requestDidStart: async ({ contextValue: { refused } }) =>
      refused
        ? {
            async parsingDidStart(context) {
              return async (error) => {
                if (error) return;
                const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: [] };
                refusals.set(document, { errors: refused.errors, query: context.source });
                Object.assign(context, { document });
              };
            },
          }
        : undefined,
  };
}

/** Finds in the empty document what the worker found in the refused one. */
export const refusalRule: ValidationRule = (context) => {
  const refusal = refusals.get(context.getDocument());
  for (const { message, locations = [] } of refusal?.errors ?? []) {
    const source = new Source(refusal?.query ?? '');
    const nodes = locations.map((location) => nodeAt(source, location));
    context.reportError(new GraphQLError(message, { nodes }));
  }
  return {};
};

/** Apollo Server takes the location of an error from its nodes. */
function nodeAt(source: Source, { line, column }: { line: number; column: number }): NameNode {
  const lines = source.body.split(/(?<=\r\n|\n|\r(?!\n))/).slice(0, line - 1);
  const start = lines.join('').length + column - 1;
  const token = new Token(TokenKind.NAME, start, start, line, column);
  return { kind: Kind.NAME, value: '', loc: new Location(token, token, source) };
}
