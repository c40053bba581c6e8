/**
 * The limits of a document, as a part of the schema of gateway.yaml: what the guard of src/operation/guard/ holds every
 * document to before anything parses it.
 */

import { z } from 'zod';

/** Spread into the schema of `limits`. The upper bounds keep a mistyped limit from switching the guard off. */
export const guardLimitsShape = {
  /** The document in UTF-8. */
  documentBytesMax: z.int().min(1).max(16_777_216).default(262_144),
  /** Tokens; a comment is one. */
  tokensMax: z.int().min(1).max(1_000_000).default(4000),
  /** Whitespace, commas, comments and byte order marks, in UTF-8. */
  ignoredBytesMax: z.int().min(1).max(16_777_216).default(65_536),
  /** Brackets of any kind open at once: the recursion depth of parsers. */
  nestingMax: z.int().min(1).max(500).default(64),
  /** Fields within fields; fragments add none, fields in `__schema` and `__type` are counted by the next limit. */
  depthMax: z.int().min(1).max(500).default(15),
  /** From `__schema` or `__type` downwards. The usual introspection query needs 15. */
  introspectionDepthMax: z.int().min(1).max(500).default(20),
  /** Fields, inline fragments and spreads, each fragment counted again wherever it is spread. */
  expandedSelectionsMax: z.int().min(1).max(10_000_000).default(10_000),
  /** The rest of the limits, too, count what is in a fragment again wherever it is spread. */
  aliasesMax: z.int().min(0).max(1_000_000).default(30),
  rootFieldsMax: z.int().min(1).max(1_000_000).default(20),
  directivesMax: z.int().min(0).max(1_000_000).default(50),
};

export type GuardLimits = {
  readonly [Name in keyof typeof guardLimitsShape]: z.output<(typeof guardLimitsShape)[Name]>;
};
