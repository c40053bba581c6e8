/**
 * Everything besides the document and variables of an operation that can change its answer.
 *
 * Everything that shares or caches answers builds its key with `answerKey`, which demands each of these inputs: a new
 * input does not compile until every key includes it or gives a reason to omit it.
 */

import type { RequestContext } from './request.ts';

export type AnswerInput =
  /** The current supergraph, with its policy. */
  | 'graph'
  /** Mutations that began or ended before the request. */
  | 'mutations'
  /** Active labels of `@override`, which select the plan. */
  | 'labels'
  /** The principal, which rules read and identity propagation sends to services. */
  | 'principal'
  /** The client, whose contract says what exists for it, and which rules and resolvers read. */
  | 'client'
  /** Denied checks, whose fields are pruned from the operation. */
  | 'denied'
  /** The dry run header: no field is withheld. */
  | 'dryRun'
  /** Headers of the client that services, resolvers or plugins see. */
  | 'headers'
  /** The client's address, which rules and resolvers can read. */
  | 'clientAddress'
  /** The negotiated media type of the response. */
  | 'mediaType'
  /** Content type and encoding of the request, which may be refused. */
  | 'requestForm';

/** Makes the text of one input, without NUL. */
type KeyPart<Of> = (of: Of) => string;

/** The reason why a key omits an input. */
interface Omitted {
  readonly omittedBecause: string;
}

export type KeyParts<Of> = { readonly [Input in AnswerInput]: KeyPart<Of> | Omitted };

/** The part of a key besides the operation. Requests with equal keys may share one answer. */
export function answerKey<Of>(parts: KeyParts<Of>): (of: Of) => string {
  const included = Object.values<KeyPart<Of> | Omitted>(parts).filter((part) => typeof part === 'function');
  return (of) => {
    let key = '';
    for (const part of included) key += `${part(of)}\0`;
    return key;
  };
}

/** What of a request the current graph depends on. */
export interface GraphInputs {
  /** Unique for each graph of this process. */
  readonly number: number;
  /** The active labels, in a fixed order. */
  readonly labelsOf: (context: RequestContext) => readonly string[];
  /** Whether the active labels depend on the request. */
  readonly hasOpenLabels: boolean;
  /** Whether local resolvers run, which may read the whole request. */
  readonly hasResolvers: boolean;
}
