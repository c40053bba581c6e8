/**
 * Passes the validation results of the planner worker to Apollo Server, so that it validates nothing on this thread: a
 * valid document is in its document store, and an invalid one gets the worker's errors.
 *
 * Apollo Server still parses; the limits on documents bound how long that takes.
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

interface HeldDocument {
  readonly document: DocumentNode;
  /** Requests with this document that Apollo Server is answering. */
  holders: number;
}

/** A parsed document takes about this many times the memory of its text. */
const memoryPerByte = 60;
const cacheBytesMax = 33_554_432;
/** Apollo Server adds a prefix to the hash of the document, in hex. */
const hashLength = 64;

export class CheckedDocuments {
  readonly #held = new Map<string, HeldDocument>();
  readonly #parsedCache = new LRUCache<string, DocumentNode>({ maxSize: cacheBytesMax });

  /** Apollo Server's document store, which it reads before it parses and validates. */
  readonly store = {
    get: (key: string) => Promise.resolve(this.#held.get(key.slice(-hashLength))?.document),
    // `hold` alone adds documents, all of them valid.
    set: () => Promise.resolve(),
    delete: () => Promise.resolve(),
  };

  /** Keeps a valid document in the store while `work` runs. */
  async hold<Result>(query: string, work: () => Promise<Result>): Promise<Result> {
    const hash = createHash('sha256').update(query).digest('hex');
    const held = this.#held.get(hash) ?? { document: this.#parse(hash, query), holders: 0 };
    held.holders += 1;
    this.#held.set(hash, held);
    try {
      return await work();
    } finally {
      held.holders -= 1;
      if (held.holders === 0) this.#held.delete(hash);
    }
  }

  #parse(hash: string, query: string): DocumentNode {
    const cached = this.#parsedCache.get(hash);
    if (cached) return cached;
    const document = parse(query);
    this.#parsedCache.set(hash, document, { size: (1 + query.length) * memoryPerByte });
    return document;
  }
}

interface Refusal {
  readonly errors: readonly RequestError[];
  readonly query: string;
}

/** By the empty document that replaces the refused one. */
const refusals = new WeakMap<DocumentNode, Refusal>();

/** Makes Apollo Server validate an empty document instead of one that the worker has refused. */
export function refusalPlugin<
  Context extends { readonly refused: GatewayError | undefined },
>(): ApolloServerPlugin<Context> {
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

/** Reports the worker's errors for the empty document. */
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
