/** Reads the text of a fetch, which several passes over a plan need: each text is parsed once for a plan. */

import { Kind, parse, type DocumentNode, type OperationDefinitionNode } from 'graphql';

/** Of one plan; further ones make room by leaving none. */
const textsMax = 128;
const documents = new Map<string, DocumentNode>();

export function parsedFetch(text: string): DocumentNode {
  let document = documents.get(text);
  if (!document) {
    document = parse(text);
    if (documents.size >= textsMax) documents.clear();
    documents.set(text, document);
  }
  return document;
}

/** Call it when a plan is made: parsed texts take many times as much memory as the texts. */
export function forgetParsedFetches(): void {
  documents.clear();
}

/** Its operations; a fetch has one. */
export function operationsIn(text: string): OperationDefinitionNode[] {
  return parsedFetch(text).definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
}
