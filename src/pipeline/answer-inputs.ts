/**
 * What can change an answer besides the text and the variables of its operation.
 *
 * Whatever gives one answer to several requests, or keeps it for later ones, makes its key with `answerKey`, which asks
 * about each of these inputs. One that is added here does not compile until every key holds it or says why it need not.
 */

import type { RequestContext } from './request.ts';

export type AnswerInput =
  /** The supergraph in place, with its policy. */
  | 'graph'
  /** Mutations that began or ended before the request came. */
  | 'mutations'
  /** Labels of `@override` that hold for the request: they choose the plan. */
  | 'labels'
  /** Who the request is from: rules ask for it, and backends are told. */
  | 'principal'
  /** Checks that were denied: what they guard is pruned. */
  | 'denied'
  /** Asks for an answer from which nothing is kept back. */
  | 'dryRun'
  /** Headers of the client that backends, resolvers or plugins get to see. */
  | 'headers'
  /** The client's, which rules and resolvers can look at. */
  | 'clientAddress'
  /** Of the answer, as it was negotiated. */
  | 'mediaType'
  /** The form of the request's body, which may be refused. */
  | 'requestForm';

/** How a key holds an input: as a text without NUL. */
type Held<Of> = (of: Of) => string;

/** Why a key does without an input. */
interface LeftOut {
  readonly leftOut: string;
}

export type KeyParts<Of> = { readonly [Input in AnswerInput]: Held<Of> | LeftOut };

/** The part of a key that is not the operation. Equal for requests to which one answer may be given. */
export function answerKey<Of>(parts: KeyParts<Of>): (of: Of) => string {
  const held = Object.values<Held<Of> | LeftOut>(parts).filter((part) => typeof part === 'function');
  return (of) => {
    let key = '';
    for (const part of held) key += `${part(of)}\0`;
    return key;
  };
}

/** What the graph in place looks at in a request. */
export interface GraphInputs {
  /** Differs for each graph that this process has had. */
  readonly number: number;
  /** Those that hold, in one order. */
  readonly labelsOf: (context: RequestContext) => readonly string[];
  /** Whether it depends on the request which labels hold. */
  readonly hasOpenLabels: boolean;
  /** Whether resolvers run here: they may look at all of a request. */
  readonly hasResolvers: boolean;
}
