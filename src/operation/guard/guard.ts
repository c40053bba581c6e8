/**
 * Holds a document to its limits before anything parses it: what it costs to parse, validate and plan grows with these
 * figures, and a document of 800 bytes can ask for a million fields.
 *
 * Time and memory are linear in the document. What graphql-js would refuse anyway is left to it, for its message and
 * its locations; docs/errors.md has the codes of what is refused here.
 */

import type { GuardLimits } from '../../config/gateway/guard-limits.ts';
import { GatewayError, type ErrorCode } from '../../shared/errors.ts';
import { shownName } from '../../shared/shown-name.ts';
import { operationRefused } from '../refused.ts';
import { expand, saturatedAt } from './expansion.ts';
import { utf8Bytes } from './lexer.ts';
import { readOutline, type Figures, type Spread } from './outline.ts';
import { positionsIn } from './positions.ts';

export interface GuardFigures extends Figures {
  readonly tokens: number;
  readonly ignoredBytes: number;
  /** Of adding up fragments: at most one per definition and two per spread. */
  readonly expansionSteps: number;
}

export type GuardVerdict =
  | { readonly is: 'accepted'; readonly figures: GuardFigures }
  /** No limit is exceeded up to a place that graphql-js refuses: parsing it is cheap and gives the better message. */
  | { readonly is: 'unreadable' }
  | { readonly is: 'refused'; readonly error: GatewayError };

/**
 * Never throws. Every definition of the document is held to the limits by itself, whichever of them is to be executed:
 * all of them are parsed and validated.
 */
export function guardDocument(text: string, limits: GuardLimits): GuardVerdict {
  const bytes = bytesOver(text, limits.documentBytesMax);
  if (bytes > 0) return refuse('documentBytesMax', limits, bytes);
  const outline = readOutline(text, limits);
  if (outline.is === 'unreadable') return outline;
  if (outline.is === 'over') return refuse(outline.limit, limits, outline.actual);
  const expansion = expand(outline.definitions);
  if (expansion.is === 'cyclic') return refuseCycle(text, expansion.spreads);
  const { figures, steps } = expansion;
  for (const [limit, figure] of checks) {
    if (figures[figure] > limits[limit]) return refuse(limit, limits, figures[figure]);
  }
  const { tokens, ignoredBytes } = outline;
  return { is: 'accepted', figures: { ...figures, tokens, ignoredBytes, expansionSteps: steps } };
}

/** @throws {GatewayError} One of the codes of `rules`, or `GRAPHQL_VALIDATION_FAILED` for a cycle of fragments. */
export function assertWithinLimits(text: string, limits: GuardLimits): void {
  const verdict = guardDocument(text, limits);
  if (verdict.is === 'refused') throw verdict.error;
}

/** In this order: of several limits exceeded, the first one here is named. */
const checks: ReadonlyArray<readonly [keyof GuardLimits, keyof Figures]> = [
  ['depthMax', 'depth'],
  ['introspectionDepthMax', 'introspectionDepth'],
  ['expandedSelectionsMax', 'selections'],
  ['rootFieldsMax', 'rootFields'],
  ['aliasesMax', 'aliases'],
  ['directivesMax', 'directives'],
];

interface Rule {
  readonly code: ErrorCode;
  readonly what: string;
  readonly advice: string;
  /** Counting stopped where the limit was passed. */
  readonly stopsEarly?: true;
}

const rules: Readonly<Record<keyof GuardLimits, Rule>> = {
  documentBytesMax: {
    code: 'OPERATION_TOO_LARGE',
    what: 'bytes',
    advice: 'Pass long values as variables, or split the operation',
    stopsEarly: true,
  },
  tokensMax: {
    code: 'OPERATION_TOO_LARGE',
    what: 'tokens and comments',
    advice: 'Pass values as variables, or split the operation',
    stopsEarly: true,
  },
  ignoredBytesMax: {
    code: 'OPERATION_TOO_LARGE',
    what: 'bytes of whitespace, commas and comments',
    advice: 'Leave them out',
    stopsEarly: true,
  },
  nestingMax: {
    code: 'OPERATION_TOO_DEEP',
    what: 'brackets open at once',
    advice: 'Nest less, or pass nested values as variables',
    stopsEarly: true,
  },
  depthMax: {
    code: 'OPERATION_TOO_DEEP',
    what: 'levels of fields within fields',
    advice: 'Ask for the deeper ones in an operation of their own',
  },
  introspectionDepthMax: {
    code: 'OPERATION_TOO_DEEP',
    what: 'levels of introspection',
    advice: 'Ask for fewer levels of "ofType"',
  },
  expandedSelectionsMax: {
    code: 'OPERATION_TOO_COMPLEX',
    what: 'selections, each fragment counted wherever it is spread',
    advice: 'Split the operation, or spread large fragments less often',
  },
  rootFieldsMax: {
    code: 'TOO_MANY_ROOT_FIELDS',
    what: 'root fields in one operation, those in fragments included',
    advice: 'Split the operation',
  },
  aliasesMax: {
    code: 'TOO_MANY_ALIASES',
    what: 'aliases, each fragment counted wherever it is spread',
    advice: 'Use a field that takes a list, or split the operation',
  },
  directivesMax: {
    code: 'TOO_MANY_DIRECTIVES',
    what: 'directives, each fragment counted wherever it is spread',
    advice: 'Put one on a fragment instead of each of its fields, or split the operation',
  },
};

function refuse(name: keyof GuardLimits, limits: GuardLimits, actual: number): GuardVerdict {
  const { code, what, advice, stopsEarly } = rules[name];
  const limit = limits[name];
  const atLeast = stopsEarly || actual >= saturatedAt ? 'at least ' : '';
  const message = `The document has ${atLeast}${actual} ${what}; at most ${limit} are allowed. ${advice}.`;
  return { is: 'refused', error: new GatewayError(code, message, { public: { limit, actual } }) };
}

/** Enough to find a cycle by. */
const namesShownMax = 3;
const locationsMax = 100;

/** No limit would stop it, and validation would refuse it: in its words and at its locations, without its work. */
function refuseCycle(text: string, spreads: readonly Spread[]): GuardVerdict {
  const between = spreads.slice(0, -1).map(({ name }) => `"${shownName(name)}"`);
  const via = between.length > 0 ? ` via ${between.slice(0, namesShownMax).join(', ')}` : '';
  const more = between.length > namesShownMax ? ' and others' : '';
  const message = `Cannot spread fragment "${shownName(spreads.at(-1)?.name ?? '')}" within itself${via}${more}.`;
  const offsets = spreads.slice(0, locationsMax).map(({ at }) => at);
  const locations = positionsIn(text, offsets);
  const error = operationRefused('GRAPHQL_VALIDATION_FAILED', [{ message, locations }]);
  return { is: 'refused', error };
}

/** Bytes in UTF-8 where they are over the limit, or enough of them; else 0. */
function bytesOver(text: string, bytesMax: number): number {
  if (text.length > bytesMax) return text.length;
  // A UTF-16 unit takes at most 3 bytes: only large documents need counting.
  if (text.length * 3 <= bytesMax) return 0;
  const bytes = utf8Bytes(text, 0, text.length);
  return bytes > bytesMax ? bytes : 0;
}
