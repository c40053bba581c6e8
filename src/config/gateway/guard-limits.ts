/**
 * The limits of a document, as a part of the schema of gateway.yaml: what the guard of src/operation/guard/ holds every
 * document to before anything parses it.
 */

import { z } from 'zod';

/** The highest values allowed, which keep a mistyped limit from switching the guard off. */
export const guardCeilings = {
  documentBytesMax: 16_777_216,
  tokensMax: 1_000_000,
  ignoredBytesMax: 16_777_216,
  nestingMax: 500,
  depthMax: 500,
  introspectionDepthMax: 500,
  expandedSelectionsMax: 10_000_000,
  aliasesMax: 1_000_000,
  rootFieldsMax: 1_000_000,
  directivesMax: 1_000_000,
};

/** Spread into the schema of `limits`. */
export const guardLimitsShape = {
  /** The document in UTF-8. */
  documentBytesMax: z.int().min(1).max(guardCeilings.documentBytesMax).default(262_144),
  /** Tokens; a comment is one. */
  tokensMax: z.int().min(1).max(guardCeilings.tokensMax).default(4000),
  /** Whitespace, commas, comments and byte order marks, in UTF-8. */
  ignoredBytesMax: z.int().min(1).max(guardCeilings.ignoredBytesMax).default(65_536),
  /** Brackets of any kind open at once: the recursion depth of parsers. */
  nestingMax: z.int().min(1).max(guardCeilings.nestingMax).default(64),
  /** Fields within fields; fragments add none, fields in `__schema` and `__type` are counted by the next limit. */
  depthMax: z.int().min(1).max(guardCeilings.depthMax).default(15),
  /** From `__schema` or `__type` downwards. The usual introspection query needs 15. */
  introspectionDepthMax: z.int().min(1).max(guardCeilings.introspectionDepthMax).default(20),
  /** Fields, inline fragments and spreads, each fragment counted again wherever it is spread. */
  expandedSelectionsMax: z.int().min(1).max(guardCeilings.expandedSelectionsMax).default(10_000),
  /** The rest of the limits, too, count what is in a fragment again wherever it is spread. */
  aliasesMax: z.int().min(0).max(guardCeilings.aliasesMax).default(30),
  rootFieldsMax: z.int().min(1).max(guardCeilings.rootFieldsMax).default(20),
  directivesMax: z.int().min(0).max(guardCeilings.directivesMax).default(50),
};

export type GuardLimits = {
  readonly [Name in keyof typeof guardLimitsShape]: z.output<(typeof guardLimitsShape)[Name]>;
};
